"""What all normalisations share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgeconv.core.layout import Array, Value, constant
from edgeconv.lowering.context import Context


def mean(ctx: Context, x: Value, axes: Sequence[int]) -> Value:
    return ctx.reduce("ReduceMean", x, axes, keepdims=True)


def centred(ctx: Context, x: Value, axes: Sequence[int], epsilon: float | Array) -> tuple[Value, Value]:
    """x - mean over `axes`, and 1 / sqrt(variance + epsilon): the product of both is the normalised tensor."""
    rest = ctx.binary("Sub", x, mean(ctx, x, axes))
    return rest, gain(ctx, rest, axes, epsilon)


def gain(ctx: Context, rest: Value, axes: Sequence[int], epsilon: float | Array) -> Value:
    """1 / sqrt(mean of squares over `axes` + epsilon)."""
    power = mean(ctx, ctx.binary("Mul", rest, rest), axes)
    return ctx.unary("Rsqrt", ctx.binary("Add", power, constant(np.asarray(epsilon, ctx.dtype))))


def scaled(ctx: Context, rest: Value, factor: Value, scale: Array | None, shift: Array | None, within: bool) -> Value:
    """rest * factor * scale + shift; constants that do nothing are left out.

    `within`: the scale is constant over the reduced axes, so that it goes into the small tensor.
    """
    if scale is not None and (scale == 1).all():
        scale = None
    if scale is not None and within:
        factor = ctx.binary("Mul", factor, constant(scale))
        scale = None
    y = ctx.binary("Mul", rest, factor)
    if scale is not None:
        y = ctx.binary("Mul", y, constant(scale))
    if shift is not None and shift.any():
        y = ctx.binary("Add", y, constant(shift))
    return y
