"""ONNX Runtime, CPU. Runs inside a child."""

from __future__ import annotations

import time

import numpy as np

from edgeconv.runtimes.api import Measured, RunRequest


def run(request: RunRequest) -> Measured:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = request.threads
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(request.model), options, providers=["CPUExecutionProvider"])
    names = [i.name for i in session.get_inputs()]
    feeds = [(f, np.load(f.clips, mmap_mode="r")) for f in request.feeds]
    results, times = [], []
    for clip in range(len(feeds[0][1])):
        inputs = {n: f.arrange(a[clip]) for n, (f, a) in zip(names, feeds, strict=True)}
        start = time.perf_counter()
        results.append(session.run(None, inputs)[0])
        times.append((time.perf_counter() - start) * 1e3)
    np.save(request.outputs, np.stack(results).astype(np.float32))
    return Measured(milliseconds=tuple(times), version=onnxruntime.__version__)
