"""Explicit pads in a format that only knows SAME and VALID."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from edgeconv.core.backend import Pair, Window
from edgeconv.tflite.emitter import Emitter

Fill = Callable[[Emitter, str, Sequence[Pair]], str]
"""Emits an explicit pad of the given widths, (before, after) per axis."""


def same_pads(size: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """(before, after) that SAME means: out = ceil(size / stride), the smaller half first."""
    total = max(0, (-(-size // stride) - 1) * stride + dilation * (kernel - 1) + 1 - size)
    return total // 2, total - total // 2


def padded_for(e: Emitter, tensor: str, window: Window, fill: Fill) -> tuple[str, str]:
    """The tensor, padded if need be, and 'SAME' or 'VALID'."""
    height, width = e.shape(tensor)[1:3]
    size, out, pads = (height, width), window.out((height, width)), needed_pads((height, width), window)
    if not any(p != (0, 0) for p in pads):
        return tensor, "VALID"
    same = [same_pads(size[i], window.kernel[i], window.stride[i], window.dilation[i]) for i in (0, 1)]
    if pads == same and all(out[i] == -(-size[i] // window.stride[i]) for i in (0, 1)):
        return tensor, "SAME"
    return fill(e, tensor, [(0, 0), *pads, (0, 0)]), "VALID"


def needed_pads(size: Pair, window: Window) -> list[Pair]:
    """(before, after) for height and width; trailing pads are cut to what the last window really reads."""
    out = window.out(size)
    spans = [(out[i] - 1) * window.stride[i] + window.dilation[i] * (window.kernel[i] - 1) + 1 for i in (0, 1)]
    return [(window.before[i], max(0, spans[i] - size[i] - window.before[i])) for i in (0, 1)]
