"""Reading ONNX files: what is refused, in which words, and what is folded on loading."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from lowering_cases import Weights, check_both, model, node, reasons
from onnx import helper, numpy_helper

from edgeconv.core.errors import ModelError, UsageError
from edgeconv.lowering import graph_of, load_graph

w = Weights(1)


def saved(made: onnx.ModelProto, path: Path) -> Path:
    onnx.save(made, path)
    return path


def plain(**changes: object) -> onnx.ModelProto:
    return model([node("Conv", ["x", "k"], ["y"])], {"x": (1, 3, 4, 5)}, ["y"], {"k": w(2, 3, 1, 1)}, **changes)  # type: ignore[arg-type]


def test_a_sound_file(tmp_path: Path) -> None:
    graph = load_graph(saved(plain(), tmp_path / "m.onnx"))
    assert [n.op for n in graph.nodes] == ["Conv"]
    assert (graph.inputs, graph.outputs, graph.dtypes) == ({"x": (1, 3, 4, 5)}, ["y"], {"x": "float32"})
    assert graph.opset == 18


@pytest.mark.parametrize(
    "content", [b"", b"\x00" * 100, b"garbage that is no protobuf", bytes(range(256)) * 40, b"PK\x03\x04zip"]
)
def test_what_is_no_onnx(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"m\.onnx is not a(n| valid) ONNX"):
        load_graph(path)


def test_a_truncated_file(tmp_path: Path) -> None:
    path = saved(plain(), tmp_path / "m.onnx")
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(UsageError, match=r"m\.onnx is not a"):
        load_graph(path)


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "none.onnx", tmp_path):
        with pytest.raises(UsageError, match="is not a file"):
            load_graph(path)


def test_external_weights_that_are_gone(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    big = model([node("Conv", ["x", "k"], ["y"])], {"x": (1, 64, 4, 5)}, ["y"], {"k": w(64, 64, 1, 1)})
    onnx.save(big, path, save_as_external_data=True, location="m.data")
    assert load_graph(path).constants["k"].shape == (64, 64, 1, 1)
    (tmp_path / "m.data").unlink()
    with pytest.raises(UsageError, match=r"m\.onnx is not a valid ONNX model"):
        load_graph(path)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weights_that_diverged_are_named(tmp_path: Path, value: float) -> None:
    made = plain()
    weights = numpy_helper.to_array(made.graph.initializer[0]).copy()
    weights[1, 2] = value
    made.graph.initializer[0].CopyFrom(numpy_helper.from_array(weights, "k"))
    with pytest.raises(ModelError) as refused:
        load_graph(saved(made, tmp_path / "m.onnx"))
    assert refused.value.reasons == ("weight 'k' holds NaN or infinite values",)
    assert refused.value.hint == "export with static shapes and finite weights"


def test_dynamic_shapes_are_all_listed() -> None:
    made = plain()
    made.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "batch"
    free = helper.make_tensor_value_info("free", 1, None)
    made.graph.input.append(free)
    with pytest.raises(ModelError) as refused:
        graph_of(made)
    assert refused.value.reasons == (
        "input 'x' has the dynamic shape ['batch', 3, 4, 5]",
        "input 'free' has the dynamic shape []",
    )


def test_control_flow_and_functions_are_refused_as_operators() -> None:
    then = helper.make_graph([node("Relu", ["x"], ["t"])], "then", [], [helper.make_tensor_value_info("t", 1, [2])])
    other = helper.make_graph([node("Abs", ["x"], ["e"])], "else", [], [helper.make_tensor_value_info("e", 1, [2])])
    made = model([node("If", ["c"], ["y"], then_branch=then, else_branch=other)], {"x": (2,), "c": ()}, ["y"])
    assert "If 'y'" in reasons(made)[0]
    assert "control flow that depends on data" in reasons(made)[0]
    foreign = model([node("Relu", ["x"], ["y"], domain="com.example")], {"x": (2,)}, ["y"])
    assert "operators of the domain 'com.example'" in reasons(foreign)[0]


def test_deciding_on_data_is_told_behind_a_refused_operator_and_shape_arithmetic_is_not() -> None:
    then, other = (
        helper.make_graph([node(op, ["x"], [op])], op, [], [helper.make_tensor_value_info(op, 1, [2])])
        for op in ("Relu", "Abs")
    )
    choice = node("If", ["c"], ["y"], then_branch=then, else_branch=other)
    shape = [node("Shape", ["odd"], ["s"]), node("Equal", ["s", "two"], ["c"])]
    data = [node("Greater", ["odd", "zero"], ["c"])]
    for decision, told in ((shape, ["Hardmax"]), (data, ["Hardmax", "Greater", "If"])):
        constants = {"two": np.array([2]), "zero": w(1)}
        made = model([node("Hardmax", ["x"], ["odd"]), *decision, choice], {"x": (2,)}, ["y"], constants)
        assert [r.split()[0] for r in reasons(made)] == told


def test_constants_in_every_form_are_folded() -> None:
    nodes = [
        node("Constant", [], ["a"], value=numpy_helper.from_array(w(3, 1))),
        node("Constant", [], ["b"], value_float=2.0),
        node("Mul", ["a", "b"], ["c"]),
        node("ConstantOfShape", ["s"], ["d"], value=numpy_helper.from_array(np.array([0.5], np.float32))),
        node("Add", ["c", "d"], ["e"]),
        node("Dropout", ["e"], ["f", ""]),
        node("Mul", ["x", "f"], ["y"]),
    ]
    made = model(nodes, {"x": (2, 3, 4)}, ["y"], {"s": np.array([3, 4])})
    assert [n.op for n in graph_of(made).nodes] == ["Mul"]
    check_both(made, {"x": w.clip(2, 3, 4)})


def test_shapes_of_inputs_are_constants() -> None:
    nodes = [node("Shape", ["x"], ["s"], start=1), node("Size", ["x"], ["n"]), node("Identity", ["x"], ["i"]),
             node("Shape", ["i"], ["t"], end=1), node("Concat", ["t", "s"], ["u"], axis=0),
             node("Reshape", ["x", "u"], ["y"])]  # fmt: skip
    check_both(model(nodes, {"x": (2, 3, 4)}, ["y"]), {"x": w.clip(2, 3, 4)})


def test_initializers_that_are_also_inputs_are_weights() -> None:
    """IR version 3 demands it."""
    made = plain()
    made.graph.input.append(helper.make_tensor_value_info("k", 1, [2, 3, 1, 1]))
    assert list(graph_of(made).inputs) == ["x"]
