"""Files of several inputs and outputs: each is fed and read, in every runtime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from edgeconv.core.layout import Array
from edgeconv.core.numbered import numbered
from edgeconv.lowering import graph_of, lower
from edgeconv.runtimes import Feed, Measured, RangesRequest, RunRequest, run_model, tensor_ranges
from edgeconv.runtimes.tflite import clipping_ends
from edgeconv.tflite import Recipe, TfliteBackend, optimize, quantize, write

A = np.arange(2 * 6, dtype=np.float32).reshape(2, 2, 3) - 4
B = np.arange(2 * 3, dtype=np.float32).reshape(2, 1, 3) + 1


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """sum = a + b [2, 3], product = a * b [2, 3]."""
    folder = tmp_path_factory.mktemp("several")
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("Mul", ["a", "b"], ["product"]), helper.make_node("Add", ["a", "b"], ["sum"])],
        "g",
        [value("a", TensorProto.FLOAT, [2, 3]), value("b", TensorProto.FLOAT, [1, 3])],
        [value("sum", TensorProto.FLOAT, [2, 3]), value("product", TensorProto.FLOAT, [2, 3])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, folder / "m.onnx")
    np.save(folder / "a.npy", A)
    np.save(folder / "b.npy", B.astype(np.float64))  # another number format than the file takes
    backend = TfliteBackend()
    lower(graph_of(model), backend)
    optimize(backend.graph)
    (folder / "float.tflite").write_bytes(write(backend.graph, "test"))
    found = tensor_ranges(RangesRequest(model=folder / "float.tflite", feeds=feeds(folder))).value
    ranges = {n: (s.low, s.high) for n, s in found.stats.items()}
    (folder / "int8.tflite").write_bytes(write(quantize(backend.graph, ranges, Recipe(output_margin=1.0)), "test"))
    return folder


def feeds(place: Path) -> tuple[Feed, ...]:
    return (
        Feed(clips=place / "a.npy", perm=(0, 1), physical=(2, 3)),
        Feed(clips=place / "b.npy", perm=(0, 1), physical=(1, 3)),
    )


def run(place: Path, folder: Path, runtime: str, model: str) -> tuple[Measured, list[Array]]:
    request = RunRequest(
        runtime=runtime,
        model=place / model,
        feeds=feeds(place),
        outputs=folder / "out.npy",
        raw_inputs=folder / "fed.npy",
        raw_outputs=folder / "raw.npy",
        threads=1,
    )
    told = run_model(request).value
    return told, [np.load(numbered(folder / "out.npy", i)) for i in range(told.outputs)]


@pytest.mark.parametrize(
    ("runtime", "model", "close"),
    [("onnxruntime", "m.onnx", 1e-6), ("litert", "float.tflite", 1e-6), ("litert", "int8.tflite", 0.2)],
)
def test_every_output_is_written(place: Path, tmp_path: Path, runtime: str, model: str, close: float) -> None:
    told, outputs = run(place, tmp_path, runtime, model)
    assert told.outputs == 2
    np.testing.assert_allclose(outputs[0], A + B, atol=close)
    np.testing.assert_allclose(outputs[1], A * B, atol=close * 5)
    assert not (tmp_path / "out.2.npy").exists()


def test_what_an_integer_file_was_fed_and_gave(place: Path, tmp_path: Path) -> None:
    told, _ = run(place, tmp_path, "litert", "int8.tflite")
    fed = [np.load(numbered(tmp_path / "fed.npy", i)) for i in range(2)]
    gave = [np.load(numbered(tmp_path / "raw.npy", i)) for i in range(2)]
    assert [(a.shape, a.dtype) for a in fed] == [((2, 2, 3), np.int8), ((2, 1, 3), np.int8)]
    assert [(a.shape, a.dtype) for a in gave] == [((2, 2, 3), np.int8)] * 2
    ends = [[float(np.isin(out[clip], (-128, 127)).mean()) for out in gave] for clip in range(2)]
    assert told.saturated == tuple(max(shares) for shares in ends)
    assert ends[0][0] != ends[0][1] or ends[1][0] != ends[1][1], (
        "equal shares would not tell which output was looked at"
    )


@pytest.mark.parametrize(
    ("dtype", "scale", "zero", "ends"),
    [
        (np.int8, 0.1, 3, [-128, 127]),
        (np.int8, 0.1, -128, [127]),  # behind a ReLU
        (np.uint8, 0.1, 0, [255]),
        (np.int8, 1 / 256, -128, []),  # sigmoid, softmax
        (np.int8, 0.1, 127, [-128]),
    ],
)
def test_which_end_clips(dtype: type, scale: float, zero: int, ends: list[int]) -> None:
    assert clipping_ends(dtype, (scale, zero)) == ends
