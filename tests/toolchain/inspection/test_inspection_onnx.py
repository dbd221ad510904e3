"""The ONNX reader on models that onnx.checker accepts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from edgeconv.inspection import inspect_file

F = TensorProto.FLOAT


def constant(name: str, *shape: int) -> TensorProto:
    return numpy_helper.from_array(np.zeros(shape, np.float32), name)


def value(name: str, *shape: int | str) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, F, shape)


def save(path: Path, graph: onnx.GraphProto, *, opset: int = 18, **more: object) -> Path:
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], **more)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)
    return path


def video_graph() -> onnx.GraphProto:
    nodes = [
        helper.make_node("Conv", ["clip", "w"], ["a"], kernel_shape=[3, 3, 3], pads=[1] * 6, group=2),
        helper.make_node("Relu", ["a"], ["b"], name="act"),
        helper.make_node("GlobalAveragePool", ["b"], ["c"]),
        helper.make_node("Reshape", ["c", "shape"], ["d"]),
        helper.make_node("Gemm", ["d", "fc", "bias"], ["scores"], transB=1),
    ]
    weights = [constant("w", 8, 2, 3, 3, 3), constant("fc", 10, 8), constant("bias", 10), constant("dead", 5, 5)]
    shape = numpy_helper.from_array(np.array([1, 8], np.int64), "shape")
    return helper.make_graph(nodes, "g", [value("clip", 1, 4, 6, 7, 7)], [value("scores", 1, 10)], [*weights, shape])


def test_shapes_macs_and_constants(tmp_path: Path) -> None:
    summary = inspect_file(save(tmp_path / "m.onnx", video_graph()))
    assert (summary.format, summary.opset, summary.max_rank) == ("onnx", 18, 5)
    assert [o.op for o in summary.ops] == ["Conv", "Relu", "GlobalAveragePool", "Reshape", "Gemm"]
    assert [o.outputs[0].shape for o in summary.ops] == [
        (1, 8, 6, 7, 7),
        (1, 8, 6, 7, 7),
        (1, 8, 1, 1, 1),
        (1, 8),
        (1, 10),
    ]
    assert [o.macs for o in summary.ops] == [8 * 6 * 7 * 7 * 2 * 27, 0, 0, 0, 80]
    assert summary.ops[0].attributes["kernel_shape"] == (3, 3, 3)
    assert [t.constant for t in summary.ops[0].tensors] == [False, True, False]
    assert [o.name for o in summary.ops][:2] == ["a", "act"]
    assert {o.version for o in summary.ops} == {18}


def test_every_initializer_counts(tmp_path: Path) -> None:
    summary = inspect_file(save(tmp_path / "m.onnx", video_graph()))
    assert [t.name for t in summary.shape_helpers] == ["dead"]
    assert {"w", "fc", "bias", "shape", "dead"} <= {t.name for t in summary.tensors}
    assert summary.dtypes == {"float32": 10, "int64": 1}


def test_initializers_that_are_listed_as_inputs_are_no_inputs(tmp_path: Path) -> None:
    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "w"], ["y"])],
        "g",
        [value("x", 2), value("w", 2)],
        [value("y", 2)],
        [constant("w", 2)],
    )
    summary = inspect_file(save(tmp_path / "m.onnx", graph))
    assert [t.name for t in summary.inputs] == ["x"]


def test_open_and_unknown_shapes(tmp_path: Path) -> None:
    nodes = [helper.make_node("Relu", ["x"], ["y"]), helper.make_node("Reshape", ["y", "to"], ["z"])]
    inputs = [value("x", "batch", 4), helper.make_tensor_value_info("to", TensorProto.INT64, ["rank"])]
    graph = helper.make_graph(nodes, "g", inputs, [helper.make_tensor_value_info("z", F, None)])
    onnx.save(helper.make_model(graph), tmp_path / "m.onnx")  # the checker wants a rank for every output
    summary = inspect_file(tmp_path / "m.onnx")
    assert summary.inputs[0].shape == (-1, 4)
    assert summary.outputs[0].shape == (-1,)


def test_optional_inputs_are_none(tmp_path: Path) -> None:
    node = helper.make_node("Clip", ["x", "", "top"], ["y"])
    graph = helper.make_graph(
        [node], "g", [value("x", 2)], [value("y", 2)], [numpy_helper.from_array(np.float32(1), "top")]
    )
    op = inspect_file(save(tmp_path / "m.onnx", graph)).ops[0]
    assert op.inputs[1] is None
    assert op.inputs[2] is not None
    assert op.inputs[2].shape == ()


def branch(name: str, *shape: int) -> onnx.GraphProto:
    """Both branches call their inner tensor 'inner': names of sister graphs may repeat."""
    nodes = [
        helper.make_node("Constant", [], ["inner"], value=constant("v", *shape)),
        helper.make_node("ReduceSum", ["inner"], [f"{name}_out"], keepdims=0),
    ]
    return helper.make_graph(nodes, name, [], [helper.make_tensor_value_info(f"{name}_out", F, [])])


def test_subgraphs_are_walked_and_keep_apart(tmp_path: Path) -> None:
    node = helper.make_node(
        "If", ["c"], ["y"], name="which", then_branch=branch("yes", 1, 2, 3, 4, 5, 6), else_branch=branch("no", 2)
    )
    graph = helper.make_graph(
        [node],
        "g",
        [helper.make_tensor_value_info("c", TensorProto.BOOL, [])],
        [helper.make_tensor_value_info("y", F, [])],
    )
    summary = inspect_file(save(tmp_path / "m.onnx", graph))
    assert [o.op for o in summary.ops] == ["If", "Constant", "ReduceSum", "Constant", "ReduceSum"]
    assert summary.ops[0].attributes["then_branch"] == "graph yes"
    assert [o.attributes["subgraph"] for o in summary.ops[1:3]] == ["which.else_branch"] * 2
    inner = [t for t in summary.tensors if t.name.endswith("/inner")]
    assert sorted(t.shape for t in inner) == [(1, 2, 3, 4, 5, 6), (2,)]
    assert all(t.constant for t in inner)
    assert summary.max_rank == 6


def test_an_inner_graph_sees_the_outer_tensors(tmp_path: Path) -> None:
    inner = helper.make_graph([helper.make_node("Relu", ["x"], ["t"])], "then", [], [value("t", 3)])
    other = helper.make_graph([helper.make_node("Neg", ["x"], ["e"])], "else", [], [value("e", 3)])
    graph = helper.make_graph(
        [helper.make_node("If", ["c"], ["y"], then_branch=inner, else_branch=other)],
        "g",
        [helper.make_tensor_value_info("c", TensorProto.BOOL, []), value("x", 3)],
        [value("y", 3)],
    )
    relu = inspect_file(save(tmp_path / "m.onnx", graph)).ops[1]
    assert relu.inputs[0] is not None
    assert (relu.inputs[0].name, relu.inputs[0].shape) == ("x", (3,))


def test_local_functions_are_counted_as_if_inlined(tmp_path: Path) -> None:
    function = helper.make_function(
        "mine",
        "Twice",
        ["x"],
        ["y"],
        [helper.make_node("Relu", ["x"], ["t"]), helper.make_node("Relu", ["t"], ["y"])],
        [helper.make_opsetid("", 18)],
    )
    graph = helper.make_graph(
        [helper.make_node("Twice", ["x"], ["y"], domain="mine")], "g", [value("x", 3)], [value("y", 3)]
    )
    model = helper.make_model(
        graph, functions=[function], opset_imports=[helper.make_opsetid("", 18), helper.make_opsetid("mine", 1)]
    )
    onnx.save(model, tmp_path / "m.onnx")
    assert inspect_file(tmp_path / "m.onnx").histogram == {"Relu": 2}


def test_external_weights_are_not_opened(tmp_path: Path) -> None:
    model = helper.make_model(video_graph(), opset_imports=[helper.make_opsetid("", 18)])
    onnx.save(model, tmp_path / "m.onnx", save_as_external_data=True, location="w.bin", size_threshold=64)
    (tmp_path / "w.bin").unlink()
    summary = inspect_file(tmp_path / "m.onnx")
    assert summary.ops[0].outputs[0].shape == (1, 8, 6, 7, 7)
    assert summary.macs > 0


def test_contradicting_shapes_do_not_stop_the_reader(tmp_path: Path) -> None:
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["a", "b"], ["y"])], "g", [value("a", 2, 3), value("b", 4, 5)], [value("y", 2, 5)]
    )
    onnx.save(helper.make_model(graph), tmp_path / "m.onnx")
    assert inspect_file(tmp_path / "m.onnx").ops[0].outputs[0].shape == (2, 5)


@pytest.mark.parametrize(
    ("node", "shapes", "expected"),
    [
        (helper.make_node("MatMul", ["a", "b"], ["y"]), [(2, 5, 7), (7, 3), (2, 5, 3)], 2 * 5 * 3 * 7),
        (helper.make_node("Gemm", ["a", "b"], ["y"], transA=1), [(7, 5), (7, 3), (5, 3)], 5 * 3 * 7),
        (
            helper.make_node("ConvTranspose", ["a", "b"], ["y"], strides=[2, 2]),
            [(1, 4, 5, 5), (4, 8, 2, 2), (1, 8, 10, 10)],
            5 * 5 * 4 * 8 * 2 * 2,
        ),
    ],
)
def test_macs(tmp_path: Path, node: onnx.NodeProto, shapes: list[tuple[int, ...]], expected: int) -> None:
    graph = helper.make_graph([node], "g", [value("a", *shapes[0]), value("b", *shapes[1])], [value("y", *shapes[2])])
    assert inspect_file(save(tmp_path / "m.onnx", graph)).macs == expected


def test_attributes_are_python_values(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Constant", [], ["c"], value=numpy_helper.from_array(np.array([[1, 2]], np.int64))),
        helper.make_node("Cast", ["c"], ["f"], to=F),
        helper.make_node("Pad", ["x", "pads"], ["p"], mode="reflect"),
        helper.make_node("LeakyRelu", ["p"], ["y"], alpha=0.5),
    ]
    pads = numpy_helper.from_array(np.array([0, 1, 0, 1], np.int64), "pads")
    graph = helper.make_graph(nodes, "g", [value("x", 2, 4)], [value("y", 2, 6), value("f", 1, 2)], [pads])
    attributes = [o.attributes for o in inspect_file(save(tmp_path / "m.onnx", graph)).ops]
    assert attributes == [{"value": ((1, 2),)}, {"to": F}, {"mode": "reflect"}, {"alpha": 0.5}]
