"""Explicit pads in a format that only knows SAME and VALID."""

from __future__ import annotations

import numpy as np

from edgeconv.core.backend import Window
from edgeconv.tflite.emitter import Emitter

LOWEST = float(np.finfo(np.float32).min)
"""What pads a maximum: no value, only lower than every value."""


def same_pads(size: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """(before, after) that SAME means: out = ceil(size / stride), the smaller half first."""
    total = max(0, (-(-size // stride) - 1) * stride + dilation * (kernel - 1) + 1 - size)
    return total // 2, total - total // 2


def padded_for(e: Emitter, tensor: str, window: Window, fill: float) -> tuple[str, str]:
    """The tensor, padded if need be, and 'SAME' or 'VALID'.

    Trailing pads are cut to what the last window really reads. `fill` is what an explicit pad holds.
    """
    size = e.shape(tensor)[1:3]
    out = window.out((size[0], size[1]))
    pads = []
    for i in (0, 1):
        span = (out[i] - 1) * window.stride[i] + window.dilation[i] * (window.kernel[i] - 1) + 1
        pads.append((window.before[i], max(0, span - size[i] - window.before[i])))
    same = [same_pads(size[i], window.kernel[i], window.stride[i], window.dilation[i]) for i in (0, 1)]
    if not any(p != (0, 0) for p in pads):
        return tensor, "VALID"
    if pads == same and all(out[i] == -(-size[i] // window.stride[i]) for i in (0, 1)):
        return tensor, "SAME"
    return pad(e, tensor, [(0, 0), *pads, (0, 0)], fill), "VALID"


def pad(e: Emitter, tensor: str, widths: list[tuple[int, int]], fill: float) -> str:
    """PAD with zeros, PADV2 with anything else."""
    shape = [s + a + b for s, (a, b) in zip(e.shape(tensor), widths, strict=True)]
    if fill == 0.0:
        return e.emit("PAD", [tensor, e.ints(widths)], shape)
    return e.emit("PADV2", [tensor, e.ints(widths), e.constant(np.array(fill, np.float32))], shape)
