"""Two TFLite files whose tensors bear the same names, compared tensor by tensor. Runs inside a child."""

from __future__ import annotations

import numpy as np

from edgeconv.runtimes.api import Compared, CompareRequest, TensorDrift
from edgeconv.runtimes.tflite import computed_tensors, dequantize, open_interpreter, quantize_input


def compare(request: CompareRequest) -> Compared:
    """Both files on TFLite's own kernels, tensor by tensor."""
    reference = open_interpreter("litert", request.reference, request.threads, delegate=False, keep=True)
    candidate = open_interpreter("litert", request.candidate, request.threads, delegate=False, keep=True)
    names, others = computed_tensors(reference), computed_tensors(candidate)
    shared = [n for n in names if n in others]
    details = {d["index"]: d for d in candidate.get_tensor_details()}
    signal, noise, dots, norms = (dict.fromkeys(shared, 0.0) for _ in range(4))
    feeds = [(f, np.load(f.clips, mmap_mode="r")) for f in request.feeds]
    for clip in range(min(request.clips, len(feeds[0][1]))):
        for interpreter in (reference, candidate):
            for detail, (feed, array) in zip(interpreter.get_input_details(), feeds, strict=True):
                interpreter.set_tensor(detail["index"], quantize_input(feed.arrange(array[clip]), detail))
            interpreter.invoke()
        for name in shared:
            a = reference.get_tensor(names[name]).astype(np.float32)
            b = dequantize(candidate.get_tensor(others[name]), details[others[name]])
            filled = a < -1e30  # the pads of a max pool: no value of the network, and their squares overflow
            if filled.any():
                a, b = np.where(filled, 0, a), np.where(filled, 0, b)
            signal[name] += float(np.vdot(a, a))
            norms[name] += float(np.vdot(b, b))
            dots[name] += float(np.vdot(a, b))
            a -= b
            noise[name] += float(np.vdot(a, a))
    return Compared(
        tensors=tuple(
            TensorDrift(
                tensor=n,
                sqnr_db=float(min(300.0, 10 * np.log10(max(signal[n], 1e-30) / max(noise[n], 1e-30)))),
                cosine=float(dots[n] / max(np.sqrt(signal[n] * norms[n]), 1e-30)),
            )
            for n in shared
        )
    )
