"""Choosing by a mask and repeating, in arithmetic where that is exact."""

from __future__ import annotations

import numpy as np

from edgeconv.core.layout import Array
from edgeconv.tflite.emitter import Emitter
from edgeconv.tflite.spec import OpSpec, by_type, register

register(
    OpSpec("SELECT_V2", "SelectV2Options", by_type(1, 1), shares_scale=True),
    OpSpec("GREATER", "GreaterOptions", lambda _graph, _op: 1),
)


def where(e: Emitter, condition: Array, left: str, right: str) -> str:
    """left where the constant condition holds, else right.

    Finite constants and computed values go through 0/1 masks: delegates take products and sums, but no SELECT.
    """
    shape = np.broadcast_shapes(condition.shape, e.shape(left), e.shape(right))
    if any(d is not None and not np.isfinite(d).all() for d in (e.data(left), e.data(right))):
        return e.emit("SELECT_V2", [e.constant(condition.astype(bool)), left, right], shape)
    taken = [_masked(e, t, m) for t, m in ((left, condition), (right, ~condition.astype(bool)))]
    kept = [t for t in taken if t is not None]
    if not kept:
        return e.constant(np.zeros(shape, np.float32))
    return expand(e, kept[0], shape) if len(kept) == 1 else e.emit("ADD", kept, shape)


def _masked(e: Emitter, tensor: str, mask: Array) -> str | None:
    data = e.data(tensor)
    if data is not None:
        chosen = np.where(mask, data, 0).astype(np.float32)
        return e.constant(chosen) if chosen.any() else None
    if not mask.any():
        return None
    shape = np.broadcast_shapes(mask.shape, e.shape(tensor))
    return e.emit("MUL", [tensor, e.constant(mask.astype(np.float32))], shape)


def expand(e: Emitter, tensor: str, shape: tuple[int, ...]) -> str:
    """Repeat axes of size 1: a product with ones, which delegates take (they take no BROADCAST_TO)."""
    have = (1,) * (len(shape) - len(e.shape(tensor))) + e.shape(tensor)
    if have == tuple(shape):
        return tensor
    ones = np.ones([1 if h == s else s for h, s in zip(have, shape, strict=True)], np.float32)
    return e.emit("MUL", [tensor, e.constant(ones)], shape)
