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
from edgeconv.sources import PrepareRequest, SourceSpec
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


def request_for(path: Path) -> PrepareRequest:
    out = path.parent / "out"
    out.mkdir()
    return PrepareRequest(
        spec=spec(path),
        calibration=out / "c.npy",
        verification=out / "v.npy",
        onnx=out / "copy.onnx",
        reference=out / "r.npy",
        opset=18,
    )


@pytest.mark.parametrize(
    ("shape", "layout"),
    [
        ((1, 3, 16, 8, 8), "NCTHW"),
        ((1, 16, 3, 8, 8), "NTCHW"),
        ((1, 16, 8, 8, 3), "NTHWC"),
        ((1, 3, 3, 8, 8), "NCTHW"),
    ],
)
def test_the_axis_order_is_seen_from_the_channels(path: Path, shape: tuple[int, ...], layout: str) -> None:
    onnx.save(model(shape), path)
    told = describe(spec(path))
    assert (told.input_name, told.input_shape, told.input_layout) == ("x0", shape, layout)
    assert (told.parameters, told.macs) == (1, 0)


@pytest.mark.parametrize("shape", [(1, 4, 16, 8, 8), (16, 3, 8, 8), (1, 8, 8, 8, 1)])
def test_an_axis_order_that_cannot_be_seen_must_be_given(path: Path, shape: tuple[int, ...]) -> None:
    onnx.save(model(shape), path)
    with pytest.raises(UsageError, match="axis order") as caught:
        describe(spec(path))
    assert "--input-layout" in (caught.value.hint or "")
    given = "NTHWC"[-len(shape) :]
    assert describe(spec(path, input_layout=given)).input_layout == given


def test_dynamic_shapes_are_refused_by_name(path: Path) -> None:
    onnx.save(model(("batch", 3, 16, 8, 8)), path)
    with pytest.raises(ModelError, match=r"'x0' of 'm.onnx' has the dynamic shape \['batch', 3, 16, 8, 8\]") as caught:
        describe(spec(path))
    assert "static" in (caught.value.hint or "")


def test_a_shape_that_is_not_the_files(path: Path) -> None:
    onnx.save(model((1, 3, 4, 8, 8)), path)
    assert describe(spec(path, input_shape=(1, 3, 4, 8, 8))).input_shape == (1, 3, 4, 8, 8)
    with pytest.raises(UsageError, match=r"takes \[1, 3, 4, 8, 8\], not \[1, 3, 8, 8, 8\]"):
        describe(spec(path, input_shape=(1, 3, 8, 8, 8)))
    onnx.save(model((1, 3, "T", 8, 8)), path)
    with pytest.raises(ModelError, match="dynamic"):
        describe(spec(path, input_shape=(1, 3, 4, 8, 8)))


def test_two_inputs_are_refused_and_listed_weights_are_none(path: Path) -> None:
    onnx.save(model((1, 3, 4, 8, 8), (1, 3, 4, 8, 8)), path)
    with pytest.raises(ModelError, match="has 2 inputs"):
        describe(spec(path))
    onnx.save(model((1, 3, 4, 8, 8), listed=True), path)
    assert describe(spec(path)).input_name == "x0"


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
        describe(spec(path, input_layout="NCTHW"))
