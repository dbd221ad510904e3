"""ONNX Runtime, CPU. Runs inside a child."""

from __future__ import annotations

import time

import numpy as np

from edgeconv.core.layout import Array
from edgeconv.core.numbered import numbered
from edgeconv.runtimes.api import Measured, RunRequest


def run(request: RunRequest) -> Measured:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = request.threads
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(request.model), options, providers=["CPUExecutionProvider"])
    ends = session.get_inputs()
    feeds = [(f, np.load(f.clips, mmap_mode="r")) for f in request.feeds]
    results, times = [], []
    for clip in range(len(feeds[0][1][: request.clips])):
        inputs = {e.name: _cast(f.arrange(a[clip]), e.type) for e, (f, a) in zip(ends, feeds, strict=True)}
        start = time.perf_counter()
        results.append(session.run(None, inputs))
        times.append((time.perf_counter() - start) * 1e3)
    for index, values in enumerate(zip(*results, strict=True)):
        np.save(numbered(request.outputs, index), np.stack(values).astype(np.float32))
    return Measured(milliseconds=tuple(times), version=onnxruntime.__version__, outputs=len(results[0]))


def _cast(array: Array, kind: str) -> Array:
    """A lowered file may take another number format than the original did."""
    names = {"tensor(float)": "float32", "tensor(double)": "float64", "tensor(float16)": "float16"}
    return array.astype(names.get(kind, array.dtype), copy=False)
