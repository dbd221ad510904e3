"""Operators that move or pick values: RESHAPE, TRANSPOSE, SLICE, PAD, CONCATENATION."""

from __future__ import annotations

from collections.abc import Sequence

from edgeconv.core.errors import Refused
from edgeconv.tflite.emitter import Emitter
from edgeconv.tflite.padding import pad as pad_constant
from edgeconv.tflite.spec import OpSpec, by_type, register

register(
    OpSpec("RESHAPE", "ReshapeOptions", by_type(1, 1), shares_scale=True),
    OpSpec("TRANSPOSE", "TransposeOptions", by_type(1, 2), shares_scale=True),
    OpSpec("STRIDED_SLICE", "StridedSliceOptions", by_type(1, 2), shares_scale=True),
    OpSpec("PAD", "PadOptions", by_type(1, 2), shares_scale=True),
    OpSpec("PADV2", "PadV2Options", by_type(1, 2), shares_scale=True),
    OpSpec("MIRROR_PAD", "MirrorPadOptions", by_type(1, 2), shares_scale=True),
    OpSpec("CONCATENATION", "ConcatenationOptions", by_type(1, 2), shares_scale=True),
)


def reshape(e: Emitter, tensor: str, shape: tuple[int, ...]) -> str:
    return e.emit("RESHAPE", [tensor, e.ints(shape)], shape, newShape=list(shape))


def transpose(e: Emitter, tensor: str, perm: tuple[int, ...]) -> str:
    return e.emit("TRANSPOSE", [tensor, e.ints(perm)], [e.shape(tensor)[p] for p in perm])


def slice_(e: Emitter, tensor: str, starts: Sequence[int], sizes: Sequence[int]) -> str:
    """A unit-stride STRIDED_SLICE: XNNPACK takes it, with any other stride it does not."""
    ends = [a + n for a, n in zip(starts, sizes, strict=True)]
    bounds = [e.ints(starts), e.ints(ends), e.ints([1] * len(ends))]
    return e.emit("STRIDED_SLICE", [tensor, *bounds], sizes)


def pad(e: Emitter, tensor: str, widths: Sequence[tuple[int, int]], mode: str, value: float) -> str:
    if mode == "constant":
        return pad_constant(e, tensor, list(widths), value)
    if mode != "reflect":
        raise Refused(f"a Pad of mode {mode!r}", "TFLite has constant and reflect pads")
    shape = [s + a + b for s, (a, b) in zip(e.shape(tensor), widths, strict=True)]
    return e.emit("MIRROR_PAD", [tensor, e.ints(widths)], shape, mode="REFLECT")


def concat(e: Emitter, tensors: Sequence[str], axis: int) -> str:
    shape = list(e.shape(tensors[0]))
    shape[axis] = sum(e.shape(t)[axis] for t in tensors)
    return e.emit("CONCATENATION", tensors, shape, axis=axis)
