"""An .onnx file as the source: it is its own reference."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from edgeconv.core.errors import ModelError, UsageError
from edgeconv.sources import InputInfo, PrepareRequest, SourceSpec
from edgeconv.sources.onnx_worker import describe, prepare


def model(*shapes: Sequence[int | str], listed: bool = False) -> onnx.ModelProto:
    """y = x0 + w (+ x1 …); listed: the weight is among the graph's inputs as well, as old exporters wrote it."""
    inputs = [helper.make_tensor_value_info(f"x{i}", TensorProto.FLOAT, list(s)) for i, s in enumerate(shapes)]
    weight = numpy_helper.from_array(np.full((2, 3), 0.5, np.float32).reshape(6)[:1], "w")
    names = ["w", *(i.name for i in inputs)]
    graph = helper.make_graph(
        [helper.make_node("Sum", names, ["y"])],
        "g",
        inputs + ([helper.make_tensor_value_info("w", TensorProto.FLOAT, [1])] if listed else []),
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, list(shapes[0]))],
        [weight],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def spec(path: Path, **changes: object) -> SourceSpec:
    return SourceSpec(text=path.name, kind="onnx file", location=str(path), **changes)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "m.onnx"


def request_for(path: Path, **changes: object) -> PrepareRequest:
    out = path.parent / "out"
    out.mkdir()
    return PrepareRequest(
        spec=spec(path, **changes),
        calibration=(out / "c.npy",),
        verification=(out / "v.npy",),
        onnx=out / "copy.onnx",
        reference=out / "r.npy",
        opset=18,
    )


def only(path: Path, **changes: object) -> InputInfo:
    (info,) = describe(spec(path, **changes)).inputs
    return info


def test_inputs_and_parameters(path: Path) -> None:
    onnx.save(model((1, 3, 16, 8, 8), (1, 3, 1, 8, 8)), path)
    told = describe(spec(path))
    assert told.inputs == (
        InputInfo(name="x0", shape=(1, 3, 16, 8, 8), layout="NCTHW"),
        InputInfo(name="x1", shape=(1, 3, 1, 8, 8), layout="NCTHW"),
    )
    assert (told.parameters, told.macs, told.notes) == (1, 0, ())


@pytest.mark.parametrize("shape", [(1, 4, 16, 8, 8), (1, 3, 3, 8, 8)])
def test_an_axis_order_that_cannot_be_seen_must_be_given(path: Path, shape: tuple[int, ...]) -> None:
    onnx.save(model(shape), path)
    with pytest.raises(UsageError, match="axis order") as caught:
        describe(spec(path))
    assert "--input-layout" in (caught.value.hint or "")
    assert only(path, input_layouts=("NTHWC",)).layout == "NTHWC"


def test_other_ranks_need_no_axis_order(path: Path) -> None:
    onnx.save(model((16, 3, 8, 8)), path)
    assert only(path).layout == ""
    assert only(path, input_layouts={"x0": "TCHW"}).layout == "TCHW"


def test_dynamic_shapes_are_refused_by_name(path: Path) -> None:
    onnx.save(model(("batch", 3, 16, "h", 8), (1, 3, "t", 8, 8)), path)
    with pytest.raises(
        ModelError, match=r"'x0' of 'm.onnx' has the dynamic shape \['batch', 3, 16, 'h', 8\]"
    ) as caught:
        describe(spec(path))
    assert caught.value.reasons == ("input 'x1' has the dynamic shape [1, 3, 't', 8, 8]",)
    assert "static" in (caught.value.hint or "")
    assert "--input-shape x0=1,3,16,112,8 --input-shape x1=1,3,16,8,8" in (caught.value.hint or "")


def test_a_shape_makes_dynamic_dimensions_static(path: Path) -> None:
    onnx.save(model(("batch", 3, "T", 8, 8)), path)
    request = request_for(path, input_shapes=((2, 3, 4, 8, 8),))
    told = describe(request.spec)
    assert told.inputs[0].shape == (2, 3, 4, 8, 8)
    assert told.notes == ("input 'x0' ['batch', 3, 'T', 8, 8] was made static: [2, 3, 4, 8, 8]",)
    prepare(request)
    ends = [*(g := onnx.load(request.onnx).graph).input, *g.output]
    assert [[d.dim_value for d in e.type.tensor_type.shape.dim] for e in ends] == [[2, 3, 4, 8, 8]] * 2


def test_a_shape_that_is_not_the_files(path: Path) -> None:
    onnx.save(model((1, 3, 4, 8, 8)), path)
    assert only(path, input_shapes=((1, 3, 4, 8, 8),)).shape == (1, 3, 4, 8, 8)
    with pytest.raises(UsageError, match=r"takes \[1, 3, 4, 8, 8\], not \[1, 3, 8, 8, 8\]"):
        describe(spec(path, input_shapes=((1, 3, 8, 8, 8),)))
    onnx.save(model(("N", 3, "T", 8, 8)), path)
    with pytest.raises(UsageError, match="only the sizes that are names can be chosen"):
        describe(spec(path, input_shapes=((1, 3, 4, 9, 8),)))
    with pytest.raises(UsageError, match="given 2 time"):
        describe(spec(path, input_shapes=((1, 3, 4, 8, 8),) * 2))
    with pytest.raises(UsageError, match="no input 'y'") as caught:
        describe(spec(path, input_shapes={"y": (1, 3, 4, 8, 8)}))
    assert "x0" in (caught.value.hint or "")


def test_listed_weights_are_no_inputs(path: Path) -> None:
    onnx.save(model((1, 3, 4, 8, 8), listed=True), path)
    assert only(path).name == "x0"


@pytest.mark.parametrize("data", [b"", b"garbage" * 20, b"PK\x03\x04" + b"x" * 50, b"\x1c\0\0\0TFL3" + b"\0" * 64])
def test_a_file_that_is_not_onnx(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    with pytest.raises(UsageError, match=r"'m\.onnx' is not an ONNX"):
        describe(spec(path))


def test_a_truncated_file(path: Path) -> None:
    onnx.save(model((1, 3, 4, 8, 8)), path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UsageError, match=r"'m\.onnx' is not an ONNX"):
        describe(spec(path))


def test_weights_beside_the_file_that_are_missing(path: Path) -> None:
    onnx.save(model((1, 3, 4, 8, 8)), path, save_as_external_data=True, location="w.bin", size_threshold=0)
    (path.parent / "w.bin").unlink()
    with pytest.raises(UsageError, match=r"w\.bin"):
        describe(spec(path))


def test_the_file_itself_goes_on(path: Path) -> None:
    onnx.save(model((1, 3, 4, 8, 8)), path)
    request = request_for(path)
    told = prepare(request)
    assert onnx.load(request.onnx) == onnx.load(path)
    assert (told.untrained, told.has_reference, told.weights) == (False, False, "as in the ONNX file")


def test_weights_beside_the_file_go_along(path: Path) -> None:
    onnx.save(model((1, 3, 4, 8, 8)), path, save_as_external_data=True, location="w.bin", size_threshold=0)
    request = request_for(path)
    prepare(request)
    session = onnxruntime.InferenceSession(str(request.onnx), providers=["CPUExecutionProvider"])
    clip = np.ones((1, 3, 4, 8, 8), np.float32)
    np.testing.assert_array_equal(session.run(None, {"x0": clip})[0], clip + 0.5)


def test_a_model_that_breaks_the_rules_of_onnx(path: Path) -> None:
    broken = model((1, 3, 4, 8, 8))
    broken.graph.node[0].input.append("nowhere")
    onnx.save(broken, path)
    with pytest.raises(ModelError, match=r"'m\.onnx' is not valid ONNX"):
        prepare(request_for(path))


def test_a_layout_that_does_not_fit_the_rank(path: Path) -> None:
    onnx.save(model([16, 3, 8, 8]), path)
    with pytest.raises(UsageError, match="NCTHW names 5 axes"):
        describe(spec(path, input_layouts=("NCTHW",)))


def test_functions_of_the_model_go_in_their_place(path: Path) -> None:
    made = model((1, 3, 4, 8, 8))
    kept = made.graph.node[0].output[0]
    made.graph.node[0].output[0] = "first"
    made.graph.node.append(helper.make_node("Twice", ["first"], [kept], domain="mine"))
    made.opset_import.append(helper.make_opsetid("mine", 1))
    body = [helper.make_node("Add", ["a", "a"], ["b"])]
    made.functions.append(helper.make_function("mine", "Twice", ["a"], ["b"], body, [helper.make_opsetid("", 18)]))
    onnx.save(made, path)
    request = request_for(path)
    prepare(request)
    assert {n.domain for n in onnx.load(request.onnx).graph.node} == {""}
