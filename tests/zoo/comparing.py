"""Models run, and answers compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def relative(got: Array, want: Array) -> float:
    """Largest difference over the scale of what is wanted; infinite where the shapes differ or a value is NaN."""
    if got.shape != want.shape or not np.isfinite(got).all():
        return float("inf")
    return float(np.abs(got.astype(np.float64) - want).max() / max(float(np.abs(want).max()), 1e-30))


def cosine(got: Array, want: Array) -> float:
    a, b = got.astype(np.float64).reshape(-1), want.astype(np.float64).reshape(-1)
    return float(a @ b / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-30))


def run_onnx(path: Path, inputs: list[Array], threads: int) -> list[Array]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    feeds = {i.name: a for i, a in zip(session.get_inputs(), inputs, strict=True)}
    found: list[Array] = session.run(None, feeds)
    return found


def laid(port: Any, array: Array) -> Array:
    """A logical input as the lowered file wants it."""
    return np.ascontiguousarray(array.transpose(port.perm)).reshape(port.physical)


def unlaid(port: Any, array: Array) -> Array:
    """An output of the lowered file in its logical shape."""
    moved = array.reshape([port.logical[axis] for axis in port.perm])
    return np.ascontiguousarray(moved.transpose(np.argsort(port.perm)))
