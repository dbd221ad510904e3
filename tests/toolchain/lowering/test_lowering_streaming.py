"""The file written weight by weight holds the same model as the one made in memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from lowering_cases import Weights, graph_of, model, node

from edgeconv.lowering import OnnxBackend, lower
from edgeconv.lowering.streaming import total_bytes, write_model


@pytest.fixture
def backend() -> OnnxBackend:
    nodes = [node("Conv", ["x", "w", "b"], ["c"], pads=[1] * 6), node("Relu", ["c"], ["y"])]
    draw = Weights()
    made = model(nodes, {"x": (2, 3, 4, 5, 7)}, ["y"], {"w": draw(6, 3, 3, 3, 3), "b": draw(6)})
    backend = OnnxBackend(18)
    lower(graph_of(made), backend, {"x": "NCTHW"})
    return backend


def test_the_same_model_as_in_memory(backend: OnnxBackend, tmp_path: Path) -> None:
    backend.save(tmp_path / "streamed.onnx")
    streamed = onnx.load(tmp_path / "streamed.onnx")
    onnx.checker.check_model(streamed, full_check=True)
    assert streamed.SerializeToString(deterministic=True) == backend.model().SerializeToString(deterministic=True)


def test_every_dtype_shape_and_length_prefix(backend: OnnxBackend, tmp_path: Path) -> None:
    bare = backend.model()
    bare.graph.ClearField("initializer")
    weights = {
        "scalar": np.array(3.0, np.float32),
        "empty": np.zeros((0, 3), np.float32),
        "ints": np.arange(300, dtype=np.int64),
        "flags": np.array([True, False]),
        "double": np.arange(20.0).reshape(4, 5),
        "view": np.arange(24, dtype=np.float32).reshape(2, 3, 4).transpose(2, 0, 1),
        "large": np.ones((130, 131), np.float32),
    }
    path = tmp_path / "odd.onnx"
    write_model(path, bare, weights)
    read = {t.name: onnx.numpy_helper.to_array(t) for t in onnx.load(path).graph.initializer}
    assert list(read) == list(weights)
    for name, array in weights.items():
        assert read[name].dtype == array.dtype
        assert np.array_equal(read[name], array)
    assert abs(total_bytes(bare, weights) - path.stat().st_size) < 1000


def test_two_writes_are_equal_byte_for_byte(backend: OnnxBackend, tmp_path: Path) -> None:
    for name in ("a", "b"):
        backend.save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
