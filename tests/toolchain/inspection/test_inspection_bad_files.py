"""What is no model ends in one clear UsageError, never in a traceback."""

from __future__ import annotations

import random
from pathlib import Path

import onnx
import pytest
from inspection_files import FileBuilder, conv_file
from onnx import TensorProto, helper

from edgeconv.core.errors import UsageError
from edgeconv.inspection import inspect_file


def onnx_bytes() -> bytes:
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("Relu", ["x"], ["y"])],
        "g",
        [value("x", TensorProto.FLOAT, [3])],
        [value("y", TensorProto.FLOAT, [3])],
    )
    return helper.make_model(graph).SerializeToString()


def refused(path: Path, *words: str) -> None:
    with pytest.raises(UsageError) as caught:
        inspect_file(path)
    assert str(path) in caught.value.message
    for word in words:
        assert word in str(caught.value)


def test_missing(tmp_path: Path) -> None:
    refused(tmp_path / "none.onnx", "does not exist")


def test_folder(tmp_path: Path) -> None:
    refused(tmp_path, "is a folder")


def test_empty(tmp_path: Path) -> None:
    (tmp_path / "m.tflite").touch()
    refused(tmp_path / "m.tflite", "is empty")


@pytest.mark.parametrize("extension", [".onnx", ".tflite", ".bin", ""])
@pytest.mark.parametrize("content", [b"x", b"hello, I am no model at all\n" * 50, bytes(range(256)) * 8, b"\0" * 64])
def test_garbage(tmp_path: Path, extension: str, content: bytes) -> None:
    path = tmp_path / f"garbage{extension}"
    path.write_bytes(content)
    refused(path, "TFLite" if extension == ".tflite" else "ONNX")


def test_zip_is_named(tmp_path: Path) -> None:
    (tmp_path / "m.pt2").write_bytes(b"PK\x03\x04" + bytes(100))
    refused(tmp_path / "m.pt2", "zip archive", ".pt2")


def test_truncated_onnx(tmp_path: Path) -> None:
    data = onnx_bytes()
    for size in range(1, len(data), 3):
        (tmp_path / "m.onnx").write_bytes(data[:size])
        refused(tmp_path / "m.onnx")


def test_protobuf_that_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(onnx.ModelProto(producer_name="someone").SerializeToString())
    refused(tmp_path / "m.onnx", "is not an ONNX model")


def test_truncated_tflite(tmp_path: Path) -> None:
    path = conv_file(tmp_path / "m.tflite")
    data = path.read_bytes()
    for size in (*range(8, len(data) - 8, 16), len(data) - 600):
        path.write_bytes(data[:size])
        refused(path, "damaged TFLite")


def test_damaged_tflite_is_read_or_refused(tmp_path: Path) -> None:
    """Any bytes may be wrong: the reader answers with a summary or a UsageError, and soon."""
    path = conv_file(tmp_path / "m.tflite")
    data, rng = path.read_bytes(), random.Random(0)
    refusals = 0
    for _ in range(600):
        damaged = bytearray(data)
        for _ in range(rng.choice((1, 4, 30))):
            damaged[rng.randrange(8, len(data))] = rng.choice((0, 127, 128, 255, rng.randrange(256)))
        path.write_bytes(damaged)
        try:
            inspect_file(path)
        except UsageError:
            refusals += 1
    assert refusals > 100


def test_tflite_without_subgraph(tmp_path: Path) -> None:
    f = FileBuilder()
    f.model.subgraphs = []
    refused(f.write(tmp_path / "m.tflite", [], []), "no subgraph")


@pytest.mark.parametrize("index", [7, -2])
def test_tensor_index_out_of_range(tmp_path: Path, index: int) -> None:
    f = FileBuilder()
    x = f.tensor("x", (1,))
    f.op("ABS", [index], [x])
    refused(f.write(tmp_path / "m.tflite", [x], [x]), "damaged")
