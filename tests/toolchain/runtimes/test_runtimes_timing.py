"""What is timed: the model alone is loaded once, its first run is not counted, and it is fed with its own types."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tflite_graphs import built, numbers, quantized_graph

from edgeconv.runtimes import TimeRequest, timing
from edgeconv.runtimes.tflite import Model
from edgeconv.tflite import Recipe, write

SHAPE = (1, 6, 5, 3)


@pytest.mark.parametrize("dtype", ["float32", "int8", "uint8"])
def test_runs_are_counted_and_the_model_stays(dtype: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = built(lambda b, x: b.binary("Add", x, b.constant(numbers(1, 1, 5, 3))), SHAPE)
    if dtype != "float32":
        graph = quantized_graph(graph, numbers(*SHAPE), recipe=Recipe(dtype, dtype))
    (tmp_path / "m.tflite").write_bytes(write(graph, "case"))
    fed: list[np.ndarray] = []
    call = Model.__call__

    def watched(self: Model, arrays: list[np.ndarray]) -> list[np.ndarray]:
        fed.append(arrays[0])
        return call(self, arrays)

    monkeypatch.setattr(Model, "__call__", watched)
    monkeypatch.setattr(timing, "_opened", {})
    for runs in (2, 3):
        made = timing.time_runs(TimeRequest(runtime="litert", model=tmp_path / "m.tflite", runs=runs, threads=1))
        assert len(made.milliseconds) == runs
        assert min(made.milliseconds) > 0
    assert len(timing._opened) == 1
    assert len(fed) == 1 + 2 + 3
    assert {(str(a.dtype), a.shape) for a in fed} == {(dtype, SHAPE)}
    assert np.unique(fed[0]).size > 10
