"""Conv of one, two or three spatial axes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgeconv.core.errors import Refused
from edgeconv.core.layout import Array, Value, flatten
from edgeconv.lowering.context import Context
from edgeconv.lowering.fitting import weights_fit, window_fits
from edgeconv.lowering.registry import Node, rule
from edgeconv.lowering.spatial import spatial_groups
from edgeconv.lowering.taps import Axis, stack_taps, stack_weight, taps, window
from edgeconv.lowering.windows import explicit_pads


@rule("Conv")
def conv(ctx: Context, node: Node) -> Value:
    """Convolution with any kernel, stride, dilation, group, asymmetric pads and bias.

    Before: Conv on [N, C, S1..Sn], n = 1..3, constant weight [O, C/g, k1..kn].
    After: one Conv2d. A kernel axis that the memory order has no place for becomes taps (slices of the time-padded
    clip, concatenated on channels), so that the sum stays in one accumulator; a depthwise convolution becomes a sum
    of depthwise Conv2d. Kernel 1 with a stride selects the frames first. kT = stride without pads and dilation is
    the tap form without overlap.
    Exact: the same products are summed, in another order.
    Refuses: a weight or bias computed at run time, or of another size than the input asks for; a window larger than
    the padded input; more than three spatial axes.
    """
    x = node.input(0)
    weight = node.required(1, "weight")
    bias = node.constant(2, "bias")
    spatial = len(x.shape) - 2
    if not 1 <= spatial <= 3:
        raise Refused(f"{spatial} spatial axes", "convolutions of one to three spatial axes are lowered")
    groups = int(node.attributes.get("group", 1))
    weights_fit(x.shape, weight, bias, groups, transposed=False)
    strides = node.attributes.get("strides") or [1] * spatial
    dilations = node.attributes.get("dilations") or [1] * spatial
    kernel = weight.shape[2:]
    before, after = explicit_pads(node.attributes, x.shape[2:], kernel, strides, dilations)
    axes = [Axis(x.shape[2 + i], kernel[i], strides[i], dilations[i], before[i], after[i]) for i in range(spatial)]
    window_fits([a.out for a in axes])
    return convolve(ctx, x, weight, bias, axes, groups)


def convolve(ctx: Context, x: Value, weight: Array, bias: Array | None, axes: Sequence[Axis], groups: int) -> Value:
    """Conv over logical [N, C, S1..Sn] with explicit geometry."""
    axes = list(axes)
    native = native_axes(ctx, x, axes)
    for i in range(len(axes)):
        if i in native or axes[i].trivial:
            continue
        if axes[i].pointwise:
            x = ctx.select(x, 2 + i, 0, axes[i].out, axes[i].stride)
            axes[i] = Axis(axes[i].out, 1)
            continue
        if axes[i].kernel >= axes[i].stride:  # every frame is read: moved once, not once for each tap
            x = _framed(ctx, x, native)
        if groups == x.shape[1] == weight.shape[0] and groups > 1:
            return _depthwise_sum(ctx, x, weight, bias, axes, i)
        x = stack_taps(ctx, taps(ctx, x, 2 + i, axes[i]), groups)
        weight = np.expand_dims(stack_weight(weight, 2 + i), 2 + i)
        axes[i] = Axis(axes[i].out, 1)
    return _native(ctx, x, weight, bias, axes, native, groups)


def _framed(ctx: Context, x: Value, native: tuple[int, ...]) -> Value:
    """The clip as the convolution of its frames will ask for it."""
    before = [a for d in (x.dims[0], *x.dims[2 : 2 + native[0]]) for a in d]
    height, width = x.dims[2 + native[0]], x.dims[2 + native[-1]] if len(native) == 2 else ()
    return ctx.arranged(x, flatten(spatial_groups(ctx, tuple(before), x.dims[1], height, width)))


def _depthwise_sum(ctx: Context, x: Value, weight: Array, bias: Array | None, axes: list[Axis], tapped: int) -> Value:
    """y = bias + sum over taps d of Conv2d(tap d, W[.., d, ..]): grouped kernels with kT inputs per group are slow."""
    total: Value | None = None
    inner = [Axis(a.out, 1) if i == tapped else a for i, a in enumerate(axes)]
    for d, piece in enumerate(taps(ctx, x, 2 + tapped, axes[tapped])):
        part = convolve(ctx, piece, weight.take([d], 2 + tapped), bias if d == 0 else None, inner, x.shape[1])
        total = part if total is None else ctx.binary("Add", total, part)
    assert total is not None
    return total


def native_axes(ctx: Context, x: Value, axes: Sequence[Axis]) -> tuple[int, ...]:
    """The (at most two, adjacent) axes that Conv2d itself works on; all others become taps or batch.

    Channels last, every pair is a view of the same bytes: if only the first axis mixes, it is taken (timeline fold),
    otherwise the last two (frames fold). Channels first, an axis is native only where it lies behind the channels.
    """
    n = len(axes)
    if n == 3:
        if ctx.backend.channels_last and axes[1].trivial and axes[2].trivial and not axes[0].pointwise:
            return (0,)
        return (1, 2)
    if n == 2 and not ctx.backend.channels_last and not axes[0].trivial:
        batch, channels, first, second = (x.dim(a) for a in range(4))
        if not ctx.lies(x, batch, channels, first, second) and ctx.lies(x, batch, first, channels, second):
            return (1,)
    return tuple(range(n))


def _native(
    ctx: Context,
    x: Value,
    weight: Array,
    bias: Array | None,
    axes: Sequence[Axis],
    native: tuple[int, ...],
    groups: int,
) -> Value:
    """Conv2d over the native axes; axes before them fold into the batch, axes behind them ride along as width."""
    first = native[0]
    folded = x.dims[2 : 2 + first]
    riding = x.dims[2 + first + 1 :] if len(native) == 1 else ()
    height = x.dims[2 + first]
    width = x.dims[2 + native[1]] if len(native) == 2 else [a for d in riding for a in d]
    batch = [a for d in (x.dims[0], *folded) for a in d]
    flat = x.with_dims((batch, x.dims[1], height, width))
    second = axes[native[1]] if len(native) == 2 else Axis(flat.shape[3], 1)
    a = axes[first]
    weight4 = weight.reshape(*weight.shape[:2], a.kernel, second.kernel)
    y = ctx.conv2d(flat, weight4, bias, window(a, second), groups)
    last = [y.dims[3]] if len(native) == 2 else list(riding)
    return y.with_dims((x.dims[0], y.dims[1], *folded, y.dims[2], *last))
