"""How a logical array lies in a tensor of the file: there, back, and in words that people and reports share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from edgeconv.core.layout import Array

FOLDS = {
    ((0, 2), (1,), (3,), (4,)): "frames",
    ((0, 2), (3,), (4,), (1,)): "frames, channels last",
    ((0,), (1,), (2,), (3, 4)): "timeline",
    ((0,), (2,), (3, 4), (1,)): "timeline, channels last",
}
"""Folds of a clip [N, C, T, H, W] that have a name (docs/architecture.md)."""


def deal(pieces: Iterable[tuple[int, int]], physical: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """The logical axes in each dimension of a tensor.

    Args:
        pieces: (axis, size) in memory order; an axis may be cut into several pieces.
        physical: shape of the tensor; its elements are those of the pieces.
    """
    rest = [(axis, size) for axis, size in pieces if size > 1][::-1]
    dims: list[tuple[int, ...]] = []
    for extent in physical:
        inside: list[int] = []
        held = 1
        while rest and held < extent:
            axis, size = rest.pop()
            held *= size
            if not inside or inside[-1] != axis:
                inside.append(axis)
        dims.append(tuple(inside))
    return tuple(dims)


def lies(logical: Sequence[int], pieces: Iterable[tuple[int, int]], physical: Sequence[int], letters: str = "") -> str:
    """How a value lies in a tensor: '[16, 4, 12, 10] = [N·T, C, H, W]'; axes without letters go by their numbers."""
    shape = str(list(physical))
    if tuple(logical) == tuple(physical) and _in_order(pieces):
        return f"{shape} as in the source"
    names = letters if len(letters) == len(logical) else [str(axis) for axis in range(len(logical))]
    dims = deal(pieces, physical)
    text = ", ".join("·".join(names[axis] for axis in dim) or "–" for dim in dims)
    fold = next((name for key, name in FOLDS.items() if _without_ones(key, logical) == dims), "")
    return f"{shape} = [{text}]" + (f" ({fold})" if fold and len(logical) == 5 else "")


def to_physical(array: Array, perm: Sequence[int], physical: Sequence[int], frames: int = 1, tail: int = 0) -> Array:
    """A logical array as the file takes it: its axes in the memory order `perm`, in the shape `physical`.

    In strip fold `tail` zeros lie behind each of the `frames` frames.
    """
    laid = np.ascontiguousarray(array.transpose(perm))
    return np.pad(laid.reshape(frames, -1), [(0, 0), (0, tail)]).reshape(physical)


def to_logical(array: Array, perm: Sequence[int], logical: Sequence[int]) -> Array:
    """What a file gives, in the logical shape: the inverse of :func:`to_physical`."""
    in_memory = array.reshape([logical[axis] for axis in perm])
    return np.ascontiguousarray(in_memory.transpose(np.argsort(perm)))


def _in_order(pieces: Iterable[tuple[int, int]]) -> bool:
    axes = [axis for axis, size in pieces if size > 1]
    return axes == sorted(axes)


def _without_ones(fold: Iterable[tuple[int, ...]], logical: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(a for a in dim if a < len(logical) and logical[a] > 1) for dim in fold)
