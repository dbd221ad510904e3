"""Operators that move or pick values: RESHAPE, TRANSPOSE, STRIDED_SLICE, CONCATENATION."""

from __future__ import annotations

from collections.abc import Sequence

from edgeconv.tflite.emitter import Emitter
from edgeconv.tflite.spec import OpSpec, by_type, register

register(
    OpSpec("RESHAPE", "ReshapeOptions", by_type(1, 1), shares_scale=True, int16=1),
    OpSpec("TRANSPOSE", "TransposeOptions", by_type(1, 2), shares_scale=True, int16=5),
    OpSpec("STRIDED_SLICE", "StridedSliceOptions", by_type(1, 2), shares_scale=True, int16=1),
    OpSpec("CONCATENATION", "ConcatenationOptions", by_type(1, 2), shares_scale=True, int16=3),
)

_AT_ONCE = 5
"""XNNPACK (LiteRT 2.3) takes a CONCATENATION of at most five tensors."""


def reshape(e: Emitter, tensor: str, shape: tuple[int, ...]) -> str:
    return e.emit("RESHAPE", [tensor, e.ints(shape)], shape, newShape=list(shape))


def transpose(e: Emitter, tensor: str, perm: tuple[int, ...]) -> str:
    return e.emit("TRANSPOSE", [tensor, e.ints(perm)], [e.shape(tensor)[p] for p in perm])


def slice_(e: Emitter, tensor: str, starts: Sequence[int], sizes: Sequence[int]) -> str:
    """A unit-stride STRIDED_SLICE: XNNPACK takes it, with any other stride it does not."""
    if tuple(sizes) == e.shape(tensor):
        return tensor
    ends = [a + n for a, n in zip(starts, sizes, strict=True)]
    bounds = [e.ints(starts), e.ints(ends), e.ints([1] * len(ends))]
    return e.emit("STRIDED_SLICE", [tensor, *bounds], sizes)


def concat(e: Emitter, tensors: Sequence[str], axis: int) -> str:
    """Joined in steps where there are more tensors than a delegate takes at once."""
    while len(tensors) > _AT_ONCE:
        tensors = [_concat(e, tensors[i : i + _AT_ONCE], axis) for i in range(0, len(tensors), _AT_ONCE)]
    return _concat(e, tensors, axis)


def _concat(e: Emitter, tensors: Sequence[str], axis: int) -> str:
    if len(tensors) == 1:
        return tensors[0]
    shape = list(e.shape(tensors[0]))
    shape[axis] = sum(e.shape(t)[axis] for t in tensors)
    return e.emit("CONCATENATION", tensors, shape, axis=axis)
