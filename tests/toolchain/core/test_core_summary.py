"""The nouns of a model file, the errors and their exit codes."""

from __future__ import annotations

import pytest

from edgeconv.core.backend import Window
from edgeconv.core.errors import (
    EdgeconvError,
    ExitCode,
    GateError,
    ModelError,
    Refusal,
    ToolError,
    UsageError,
    did_you_mean,
)
from edgeconv.core.summary import ModelSummary, OpInfo, TensorInfo


def tensor(name: str, *shape: int, dtype: str = "int8") -> TensorInfo:
    return TensorInfo(name, shape, dtype)


def summary(dtype: str = "int8", inner: str = "float32", rank: int = 3) -> ModelSummary:
    x, y = tensor("x", 2, 3, dtype=dtype), tensor("y", *range(2, 2 + rank), dtype=inner)
    z = tensor("z", 4, dtype=dtype)
    ops = (
        OpInfo(0, "CONV_2D", "y", 1, (x, None, tensor("w", 3, 5)), (y,), macs=7),
        OpInfo(1, "RELU", "z", 1, (y,), (z,), macs=1),
        OpInfo(2, "RELU", "z2", 1, (z,), (tensor("z2", 4),)),
    )
    dead = (tensor("helper", 1, 2, 3, 4, 5, dtype="int64"),)
    return ModelSummary("m.tflite", "tflite", 10, ops, (x,), (z,), shape_helpers=dead)


def test_counts_tensors_and_ranks() -> None:
    found = summary()
    assert list(found.histogram.items()) == [("RELU", 2), ("CONV_2D", 1)]
    assert found.count("RELU") == 2
    assert [t.name for t in found.tensors] == ["x", "w", "y", "z", "z2", "helper"]
    assert found.max_rank == 5  # a dead shape helper counts
    assert found.dtypes == {"float32": 1, "int64": 1, "int8": 4}
    assert found.macs == 8


def test_a_float_island_behind_integer_ends_is_seen() -> None:
    assert summary().float_islands == ("y",)
    assert summary(inner="int8").float_islands == ()
    assert summary(dtype="float32").float_islands == ()  # a float file has no islands


def test_sizes_of_tensors() -> None:
    assert TensorInfo("a", (2, 3), "float16").bytes == 12
    assert TensorInfo("a", (-1, 3), "float32").elements == 0
    assert TensorInfo("a", (), "int64").bytes == 8


def test_window_output_size() -> None:
    assert Window((3, 2), (2, 3), (2, 1), (1, 0), (2, 4)).out((10, 7)) == (5, 4)


@pytest.mark.parametrize(
    ("kind", "code"), [(UsageError, 2), (ModelError, 3), (GateError, 1), (ToolError, 4), (EdgeconvError, 4)]
)
def test_exit_codes(kind: type[EdgeconvError], code: int) -> None:
    error = kind("what went wrong", reasons=("a", "b"), hint="do this")
    assert error.exit_code == ExitCode(code)
    assert str(error) == "what went wrong\n  - a\n  - b\n  hint: do this"


def test_a_refusal_reads_as_one_line() -> None:
    refusal = Refusal("Conv", "y", "its weight is computed", "make it constant", ((1, 2), (3, 4)))
    assert str(refusal) == "Conv 'y' on [1, 2] × [3, 4]: its weight is computed (make it constant)"


def test_did_you_mean() -> None:
    assert did_you_mean("eco-lit-3d", ["eco-lite-3d", "other"]) == "did you mean 'eco-lite-3d'?"
    assert did_you_mean("zzzz", ["b", "a"]) == "known names: a, b"
