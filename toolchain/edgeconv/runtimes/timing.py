"""Times a model file. Runs inside a child that stays, so that several models can be timed in turns."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from edgeconv.core.layout import Array
from edgeconv.runtimes.api import Timed, TimeRequest
from edgeconv.runtimes.tflite import Model, open_interpreter

_opened: dict[str, Model] = {}
"""What this child has loaded, by request."""


def time_runs(request: TimeRequest) -> Timed:
    """So many runs in a row on seeded noise; the first call loads the model and runs it once untimed."""
    key = request.model_dump_json(exclude={"runs"})
    if key not in _opened:
        _opened[key] = Model(open_interpreter(request.runtime, request.model, request.threads, request.delegate))
        _opened[key](_noise(_opened[key]))
    model = _opened[key]
    given = _noise(model)
    times = []
    for _ in range(request.runs):
        start = time.perf_counter()
        model(given)
        times.append((time.perf_counter() - start) * 1e3)
    return Timed(milliseconds=tuple(times), partitions=model.delegates)


def _noise(model: Model) -> list[Array]:
    return [_like(detail) for detail in model.inputs]


def _like(detail: dict[str, Any]) -> Array:
    """int8 kernels take the same time for any values; noise keeps denormals out of float ones."""
    random, dtype = np.random.default_rng(0), np.dtype(detail["dtype"])
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        made: Array = random.integers(info.min, info.max, detail["shape"], dtype, endpoint=True)
        return made
    floats: Array = random.standard_normal(detail["shape"]).astype(dtype)
    return floats
