"""MaxPool and AveragePool of one, two or three spatial axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from edgeconv.core.errors import Refused
from edgeconv.core.layout import Value, flatten
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule
from edgeconv.lowering.taps import Axis, window
from edgeconv.lowering.windows import ceil_excess, explicit_pads


@rule("MaxPool", "AveragePool")
def pool(ctx: Context, node: Node) -> Value:
    """Max and average pooling, separable: the last two axes first, then the first axis.

    Before: MaxPool/AveragePool on [N, C, S1..Sn], n = 1..3; pads, ceil_mode, count_include_pad, dilation.
    After: 2D pools with explicit pads and floor rounding (the excess of ceil_mode becomes trailing pad, which for
    an average is never counted); the first axis as a pool (k, 1) on the timeline fold. A pool over a whole volume
    without pads becomes one ReduceMean or ReduceMax.
    Exact: the valid region of a window is a box, so its count is a product.
    Refuses: the Indices output of MaxPool; storage_order = 1.
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
    """Pool over logical [N, C, S1..Sn], at most two axes at a time."""
    n = len(axes)
    if n == 3:
        y = _pool2(ctx, op, x, (1, 2), axes[1:], excess[1:], counted)
        return _pool2(ctx, op, y, (0,), axes[:1], excess[:1], counted)
    return _pool2(ctx, op, x, tuple(range(n)), axes, excess, counted)


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
    if op == "AveragePool" and any(a.dilation > 1 for a in grown):
        raise Refused("a dilated average pool", "use a depthwise convolution with equal weights")
    if op == "MaxPool" and any(a.before >= a.kernel or a.after >= a.kernel for a in grown):
        raise Refused("pads not smaller than the kernel", "pad the input before the pool")
    first = native[0]
    height = x.dims[2 + first]
    if len(native) == 2:
        batch = [a for d in (x.dims[0], *x.dims[2 : 2 + first]) for a in d]
        flat = x.with_dims((batch, x.dims[1], height, x.dims[2 + native[1]]))
        second = grown[1]
    else:
        flat = x.with_dims((x.dims[0], x.dims[1], height, [a for d in x.dims[2 + first + 1 :] for a in d]))
        second = Axis(flat.shape[3], 1)
    if len(native) == 1 and not ctx.backend.channels_last and not ctx.lies(flat, *flat.dims):
        # [N, 1, T, C*H*W]: in the frames fold the time axis lies before the channels.
        inside = set(flatten((x.dims[1], *x.dims[2 + first + 1 :])))
        flat = x.with_dims((x.dims[0], (), height, [a for a in ctx.order(x) if a in inside]))
        second = Axis(flat.shape[3], 1)
    y = ctx.pool2d(op, flat, window(grown[0], second), counted)
    out = list(x.dims)
    out[2 + first] = y.dims[2]
    if len(native) == 2:
        out[2 + native[1]] = y.dims[3]
    return y.with_dims(out)
