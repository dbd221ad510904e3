"""Instance, group, layer and other normalisations over the tensor itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgeconv.core.errors import Refused
from edgeconv.core.layout import Array, Value, constant
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


def normalise(
    ctx: Context, x: Value, axes: Sequence[int], epsilon: float | Array, centre: bool = True
) -> tuple[Value, Value]:
    """(x - mean) over `axes`, and 1 / sqrt(variance + epsilon): the product of both is the normalised tensor."""
    rest = ctx.binary("Sub", x, ctx.reduce("ReduceMean", x, axes, keepdims=True)) if centre else x
    power = ctx.reduce("ReduceMean", ctx.binary("Mul", rest, rest), axes, keepdims=True)
    return rest, ctx.unary("Rsqrt", ctx.binary("Add", power, constant(np.asarray(epsilon, ctx.dtype))))


def scaled(ctx: Context, rest: Value, gain: Value, scale: Array | None, shift: Array | None, within: bool) -> Value:
    """rest * gain * scale + shift; constants that do nothing are left out.

    `within`: the scale is constant over the reduced axes, so that it goes into the small tensor.
    """
    if scale is not None and (scale == 1).all():
        scale = None
    if scale is not None and within:
        gain = ctx.binary("Mul", gain, constant(scale))
        scale = None
    y = ctx.binary("Mul", rest, gain)
    if scale is not None:
        y = ctx.binary("Mul", y, constant(scale))
    if shift is not None and shift.any():
        y = ctx.binary("Add", y, constant(shift))
    return y


@rule("InstanceNormalization")
def instance_norm(ctx: Context, node: Node) -> Value:
    """Before: InstanceNormalization(x, scale, bias) on [N, C, S...].

    After: mean and variance over the spatial axes by two reductions in the present memory order, and elementwise
    operators; the scale goes into the small tensor. No transpose. Exact.
    Refuses: scale or bias computed at run time.
    """
    x = node.input(0)
    rank = len(x.shape)
    scale, shift = (node.required(i, what).reshape(-1, *[1] * (rank - 2)) for i, what in ((1, "scale"), (2, "bias")))
    epsilon = np.asarray(node.attributes.get("epsilon", 1e-5))
    if epsilon.size > 1:  # one per channel: lowering/equalize.py
        epsilon = epsilon.reshape(-1, *[1] * (rank - 2))
    rest, gain = normalise(ctx, x, range(2, rank), epsilon)
    return scaled(ctx, rest, gain, scale, shift, within=True)


@rule("GroupNormalization")
def group_norm(ctx: Context, node: Node) -> Value:
    """Before: GroupNormalization(x, scale, bias), num_groups, on [N, C, S...].

    After: the channels are split into (group, channel) by a view; mean and variance over the channels of a group and
    all spatial axes. Scale and bias are per group before opset 21, per channel from there on. Exact.
    Refuses: scale or bias computed at run time.
    """
    x = node.input(0)
    groups, channels = int(node.attributes["num_groups"]), x.shape[1]
    split = ctx.reshape(x, (x.shape[0], groups, channels // groups, *x.shape[2:]))
    rest, gain = normalise(ctx, split, range(2, len(split.shape)), float(node.attributes.get("epsilon", 1e-5)))
    per_group = node.opset < 21
    shape = (groups, 1 if per_group else channels // groups, *[1] * (len(x.shape) - 2))
    scale, shift = (node.required(i, what).reshape(shape) for i, what in ((1, "scale"), (2, "bias")))
    return ctx.reshape(scaled(ctx, rest, gain, scale, shift, within=per_group), x.shape)


@rule("LayerNormalization", "RMSNormalization")
def layer_norm(ctx: Context, node: Node) -> Value:
    """Before: LayerNormalization or RMSNormalization(x, scale, bias) over the axes from `axis` on.

    After: reductions over these axes in the present memory order, and elementwise operators. Exact.
    Refuses: scale or bias computed at run time; the Mean or InvStdDev output used.
    """
    x = node.input(0)
    if node.outputs > 1:
        raise Refused("its Mean or InvStdDev output is used", "these are for training: drop them before export")
    first = int(node.attributes.get("axis", -1)) % len(x.shape)
    centre = node.op == "LayerNormalization"
    rest, gain = normalise(ctx, x, range(first, len(x.shape)), float(node.attributes.get("epsilon", 1e-5)), centre)
    return scaled(ctx, rest, gain, node.required(1, "scale"), node.constant(2, "bias"), within=False)


@rule("MeanVarianceNormalization")
def mean_variance_norm(ctx: Context, node: Node) -> Value:
    """Before: MeanVarianceNormalization(x, axes). After: (x - mean) / (deviation + 1e-9). Exact. Refuses nothing."""
    x = node.input(0)
    axes = [int(a) % len(x.shape) for a in node.attributes.get("axes") or (0, 2, 3)]
    rest = ctx.binary("Sub", x, ctx.reduce("ReduceMean", x, axes, keepdims=True))
    power = ctx.reduce("ReduceMean", ctx.binary("Mul", rest, rest), axes, keepdims=True)
    return ctx.binary("Div", rest, ctx.binary("Add", ctx.unary("Sqrt", power), ctx.scalar(1e-9)))


@rule("LpNormalization")
def lp_norm(ctx: Context, node: Node) -> Value:
    """Before: LpNormalization(x, axis, p), p = 1 or 2. After: x over its norm along one axis. Exact.

    Refuses: another p.
    """
    x = node.input(0)
    axis, p = int(node.attributes.get("axis", -1)) % len(x.shape), int(node.attributes.get("p", 2))
    if p == 1:
        norm = ctx.reduce("ReduceSum", ctx.unary("Abs", x), [axis], keepdims=True)
    elif p == 2:
        norm = ctx.unary("Sqrt", ctx.reduce("ReduceSum", ctx.binary("Mul", x, x), [axis], keepdims=True))
    else:
        raise Refused(f"p = {p}", "norms of p = 1 and 2 are lowered")
    return ctx.binary("Div", x, norm)
