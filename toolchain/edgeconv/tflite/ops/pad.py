"""PAD, PADV2 and MIRROR_PAD, and pads made of slices where delegates take no operator."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgeconv.core.backend import Pair
from edgeconv.core.errors import Refused
from edgeconv.tflite.emitter import Emitter
from edgeconv.tflite.ops.views import concat, slice_
from edgeconv.tflite.spec import OpSpec, by_type, register

register(
    OpSpec("PAD", "PadOptions", by_type(1, 2), shares_scale=True, int16=3),
    OpSpec("PADV2", "PadV2Options", by_type(1, 2), shares_scale=True, int16=3),
    OpSpec("MIRROR_PAD", "MirrorPadOptions", by_type(1, 2), shares_scale=True, int16=3),
)

LOWEST = float(np.finfo(np.float32).min)
"""What pads a maximum where nothing better does: no value, only lower than every value."""
_MIRRORED_ROWS = 3
"""Up to so many, rows are taken one by one: delegates take no MIRROR_PAD."""

_BLOCKS = 1 << 16
"""Elements that a constant pad may hold as blocks: delegates take no PADV2."""


def pad(e: Emitter, tensor: str, widths: Sequence[Pair], mode: str, value: float) -> str:
    if mode == "constant":
        return constant(e, tensor, widths, value)
    if mode == "edge":
        return edge(e, tensor, widths)
    if mode != "reflect":
        raise Refused(f"a Pad of mode {mode!r}", "constant, edge and reflect pads have a TFLite form")
    if max(max(pair) for pair in widths) <= _MIRRORED_ROWS:
        return _by_rows(e, tensor, widths, step=1)
    return e.emit("MIRROR_PAD", [tensor, e.ints(widths)], _grown(e, tensor, widths), mode="REFLECT")


def constant(e: Emitter, tensor: str, widths: Sequence[Pair], value: float) -> str:
    """PAD with zeros; anything else as blocks beside the tensor, or PADV2 where they would be large."""
    shape = _grown(e, tensor, widths)
    if value == 0.0:
        return e.emit("PAD", [tensor, e.ints(widths)], shape)
    if value != LOWEST and np.prod(shape) - np.prod(e.shape(tensor)) <= _BLOCKS:
        return _beside(e, tensor, widths, value)
    return e.emit("PADV2", [tensor, e.ints(widths), e.constant(np.array(value, np.float32))], shape)


def _beside(e: Emitter, tensor: str, widths: Sequence[Pair], value: float) -> str:
    for axis, pair in enumerate(widths):
        if any(pair):
            shape = list(e.shape(tensor))
            blocks = []
            for count in pair:
                shape[axis] = count
                blocks.append([e.constant(np.full(shape, value, np.float32))] if count else [])
            tensor = concat(e, [*blocks[0], tensor, *blocks[1]], axis)
    return tensor


def zeros(e: Emitter, tensor: str, widths: Sequence[Pair]) -> str:
    return constant(e, tensor, widths, 0.0)


def edge(e: Emitter, tensor: str, widths: Sequence[Pair]) -> str:
    """The first and last rows again and again, axis by axis."""
    return _by_rows(e, tensor, widths, step=0)


def for_maximum(e: Emitter, tensor: str, widths: Sequence[Pair]) -> str:
    """A pad that no maximum sees, if each window holds a row of the tensor: then it holds the edge row as well.

    Zeros where nothing is negative, else the edge row. (The lowest float would be a PADV2, which delegates refuse.)
    """
    return zeros(e, tensor, widths) if e.nonnegative(tensor) else edge(e, tensor, widths)


def _by_rows(e: Emitter, tensor: str, widths: Sequence[Pair], step: int) -> str:
    """Row `step * i` from the edge as the i-th pad row."""
    for axis, (before, after) in enumerate(widths):
        if before or after:
            last = e.shape(tensor)[axis] - 1
            above = [_row(e, tensor, axis, step * i) for i in range(before, 0, -1)]
            below = [_row(e, tensor, axis, last - step * i) for i in range(1, after + 1)]
            tensor = concat(e, [*above, tensor, *below], axis)
    return tensor


def _row(e: Emitter, tensor: str, axis: int, at: int) -> str:
    starts, sizes = [0] * len(e.shape(tensor)), list(e.shape(tensor))
    starts[axis], sizes[axis] = at, 1
    return slice_(e, tensor, starts, sizes)


def _grown(e: Emitter, tensor: str, widths: Sequence[Pair]) -> list[int]:
    return [s + a + b for s, (a, b) in zip(e.shape(tensor), widths, strict=True)]
