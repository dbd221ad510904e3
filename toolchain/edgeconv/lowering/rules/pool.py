"""MaxPool and AveragePool of one, two or three spatial axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from edgeconv.core.errors import Refused
from edgeconv.core.layout import Value, constant, flatten
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule
from edgeconv.lowering.taps import Axis, window
from edgeconv.lowering.windows import ceil_excess, explicit_pads


@rule("MaxPool", "AveragePool")
def pool(ctx: Context, node: Node) -> Value:
    """Max and average pooling, separable: the last two axes first, then the first axis.

    Before: MaxPool/AveragePool on [N, C, S1..Sn], n = 1..3; pads, ceil_mode, count_include_pad, dilation.
    After: 2D pools with explicit pads and floor rounding (the excess of ceil_mode becomes trailing pad, which for
    an average is never counted); the first axis as a pool (k, 1) on the timeline fold. An average of dilation d
    is one over a view [size/d, d]. A pool over a whole volume without pads becomes one ReduceMean or ReduceMax.
    Exact: the valid region of a window is a box, so its count is a product.
    Refuses: the Indices output of MaxPool; pads not smaller than the window; averages over nothing but pads.
    """
    x = node.input(0)
    n = len(x.shape) - 2
    if node.outputs > 1:
        raise Refused("its Indices output is used", "MaxUnpool cannot be lowered; up-sample instead")
    if not 1 <= n <= 3:
        raise Refused(f"{n} spatial axes", "pools of one to three spatial axes are lowered")
    kernel = [int(k) for k in node.attributes["kernel_shape"]]
    strides = [int(s) for s in node.attributes.get("strides") or [1] * n]
    dilations = [int(d) for d in node.attributes.get("dilations") or [1] * n]
    before, after = explicit_pads(node.attributes, x.shape[2:], kernel, strides, dilations)
    axes = [Axis(x.shape[2 + i], kernel[i], strides[i], dilations[i], before[i], after[i]) for i in range(n)]
    excess = [0] * n
    if node.attributes.get("ceil_mode"):
        excess = [ceil_excess(a.size, a.kernel, a.stride, a.dilation, a.before, a.after) for a in axes]
    whole = all(a.kernel == a.size and a.before == a.after == 0 and a.dilation == 1 for a in axes)
    if whole and not any(excess):
        return ctx.reduce("ReduceMax" if node.op == "MaxPool" else "ReduceMean", x, range(2, 2 + n), keepdims=True)
    counted = bool(node.attributes.get("count_include_pad", 0))
    return pool_axes(ctx, node.op, x, axes, excess, counted)


def pool_axes(ctx: Context, op: str, x: Value, axes: Sequence[Axis], excess: Sequence[int], counted: bool) -> Value:
    """Pool over logical [N, C, S1..Sn]: dilated averages axis by axis, else at most two axes at a time."""
    axes, excess, n = list(axes), list(excess), len(axes)
    for i, a in enumerate(axes):
        if op == "AveragePool" and a.dilation > 1 and a.kernel > 1:
            x = _dilated_average(ctx, x, 2 + i, a, excess[i], counted)
            axes[i], excess[i] = Axis(x.shape[2 + i], 1), 0
    if n == 3:
        y = _pool2(ctx, op, x, (1, 2), axes[1:], excess[1:], counted)
        return _pool2(ctx, op, y, (0,), axes[:1], excess[:1], counted)
    return _pool2(ctx, op, x, tuple(range(n)), axes, excess, counted)


def _dilated_average(ctx: Context, x: Value, axis: int, a: Axis, excess: int, counted: bool) -> Value:
    """Positions as a view [rows, dilation]: down its rows, the taps of a window are neighbours.

    The pads are zeros here; where they must not be counted, the mean is scaled by kernel / (taps inside).
    """
    d, out = a.dilation, replace(a, after=a.after + excess).out
    extent = max(a.before + a.size, (out - 1) * a.stride + d * (a.kernel - 1) + 1)
    rows = -(-extent // d)
    x = ctx.pad(x, {axis: (a.before, rows * d - a.before - a.size)})
    view = ctx.reshape(x, (*x.shape[:axis], rows, d, *x.shape[axis + 1 :]))
    flat = _along(ctx, view, axis)
    pooled = ctx.pool2d("AveragePool", flat, window(Axis(rows, a.kernel), Axis(flat.shape[3], 1)))
    every = pooled.with_dims((*view.dims[:axis], pooled.dims[2], *view.dims[axis + 1 :]))
    joined = every.with_dims((*every.dims[:axis], (*every.dims[axis], *every.dims[axis + 1]), *every.dims[axis + 2 :]))
    y = ctx.select(joined, axis, 0, out, a.stride)
    taps = np.arange(out)[:, None] * a.stride + np.arange(a.kernel) * d - a.before
    first, end = (-a.before, a.size + a.after) if counted else (0, a.size)
    inside = ((taps >= first) & (taps < end)).sum(1)
    if not inside.all():
        raise Refused("a window that holds nothing but pads", "use smaller pads")
    if (inside == a.kernel).all():
        return y
    factor = np.asarray(a.kernel / inside, ctx.dtype).reshape(-1, *[1] * (len(y.shape) - axis - 1))
    return ctx.binary("Mul", y, constant(factor))


def _along(ctx: Context, x: Value, axis: int) -> Value:
    """[batch, channels, axis, rest] for a pool along one axis, which leaves all others as they lie."""
    flat = x.with_dims((flatten((x.dims[0], *x.dims[2:axis])), x.dims[1], x.dims[axis], flatten(x.dims[axis + 1 :])))
    if ctx.backend.channels_last or ctx.lies(flat, *flat.dims):
        return flat
    # In the frames fold the time axis lies before the channels: [N, 1, T, C*H*W].
    order, along = ctx.axes_together(x, [axis]), x.dim(axis)
    at = order.index(along[0]) if along else ctx.place(x, axis, order)
    return x.with_dims((order[:at], (), along, order[at + len(along) :]))


def _pool2(
    ctx: Context, op: str, x: Value, native: tuple[int, ...], axes: Sequence[Axis], excess: Sequence[int], counted: bool
) -> Value:
    if all(a.trivial for a in axes) and not any(excess):
        return x
    if all(a.pointwise for a in axes) and not any(excess):
        for i, a in zip(native, axes, strict=True):
            x = ctx.select(x, 2 + i, 0, a.out, a.stride)
        return x
    if op == "AveragePool" and counted and any(excess) and any(a.before or a.after for a in axes):
        # Counted pads but uncounted excess: make the pads real, then average over what exists.
        x = ctx.pad(x, {2 + i: (a.before, a.after) for i, a in zip(native, axes, strict=True)})
        axes = [replace(a, size=a.size + a.before + a.after, before=0, after=0) for a in axes]
        counted = False
    elif any(excess):
        counted = False
    grown = [replace(a, after=a.after + e) for a, e in zip(axes, excess, strict=True)]
    if op == "MaxPool" and any(max(a.before, a.after) > a.dilation * (a.kernel - 1) for a in grown):
        raise Refused("pads not smaller than the window", "pad the input before the pool")
    first = native[0]
    if len(native) == 1:
        flat = _along(ctx, x, 2 + first)
        second = Axis(flat.shape[3], 1)
    else:
        batch = flatten((x.dims[0], *x.dims[2 : 2 + first]))
        flat = x.with_dims((batch, x.dims[1], x.dims[2 + first], x.dims[2 + native[1]]))
        second = grown[1]
    y = ctx.pool2d(op, flat, window(grown[0], second), counted)
    out = list(x.dims)
    out[2 + first] = y.dims[2]
    if len(native) == 2:
        out[2 + native[1]] = y.dims[3]
    return y.with_dims(out)
