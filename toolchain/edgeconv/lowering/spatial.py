"""Spatial operators on logical values: logical [N, C, H, W] in, whatever memory order the backend wants between."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeconv.core.backend import Pair, Window
from edgeconv.core.layout import Array, Atoms, Groups, Value, fresh, leaves, size_of

if TYPE_CHECKING:
    from edgeconv.lowering.context import Context


def spatial_groups(ctx: Context, batch: Atoms, channels: Atoms, height: Atoms, width: Atoms) -> Groups:
    """The dimensions of a spatial tensor, as the backend's format has them."""
    if ctx.backend.channels_last:
        return (batch, height, width, channels)
    return (batch, channels, height, width)


def own_groups(ctx: Context, value: Value) -> Groups:
    """The spatial tensor of a logical [N, C, H, W]."""
    batch, channels, height, width = (value.dim(a) for a in range(4))
    return spatial_groups(ctx, batch, channels, height, width)


def conv2d(ctx: Context, value: Value, weight: Array, bias: Array | None, window: Window, groups: int) -> Value:
    """Weight [O, C / groups, kh, kw]. Axes that the operator leaves as they are keep their atoms."""
    tensor = ctx.views.get(value, own_groups(ctx, value))
    out = ctx.backend.conv2d(tensor, weight, bias, window, groups)
    return _result(ctx, out, value, window, weight.shape[0])


def conv_transpose2d(
    ctx: Context, value: Value, weight: Array, bias: Array | None, window: Window, groups: int, extra: Pair
) -> Value:
    """Weight [C, O / groups, kh, kw]; `extra` rows and columns lie behind the last window."""
    tensor = ctx.views.get(value, own_groups(ctx, value))
    out = ctx.backend.conv_transpose2d(tensor, weight, bias, window, groups, extra)
    sizes = [
        (value.shape[2 + i] - 1) * window.stride[i]
        + window.dilation[i] * (window.kernel[i] - 1)
        + 1
        - window.before[i]
        - window.after[i]
        + extra[i]
        for i in (0, 1)
    ]
    dims = (value.dim(0), fresh(weight.shape[1] * groups), fresh(sizes[0]), fresh(sizes[1]))
    return ctx.wrap(out, spatial_groups(ctx, *dims), dims)


def pool2d(ctx: Context, op: str, value: Value, window: Window, count_pad: bool) -> Value:
    """MaxPool or AveragePool."""
    tensor = ctx.views.get(value, own_groups(ctx, value))
    if op == "MaxPool":
        out = ctx.backend.max_pool2d(tensor, window)
    else:
        out = ctx.backend.average_pool2d(tensor, window, count_pad)
    return _result(ctx, out, value, window, None)


def resize2d(ctx: Context, value: Value, size: Pair, coordinates: str) -> Value:
    """Linear interpolation to (height, width); an axis that keeps its size keeps its atoms."""
    tensor = ctx.views.get(value, own_groups(ctx, value))
    height, width = (value.dim(2 + i) if value.shape[2 + i] == size[i] else fresh(size[i]) for i in (0, 1))
    dims = (value.dim(0), value.dim(1), height, width)
    groups = spatial_groups(ctx, *dims)
    shape = tuple(size_of(g) for g in groups)
    return ctx.wrap(ctx.backend.resize2d(tensor, shape, coordinates), groups, dims)


def affine(ctx: Context, value: Value, scale: Array, shift: Array) -> Value:
    """Per-channel scale and shift; axis 1 is the channel axis of any rank >= 2."""
    channels = value.dim(1)
    order = ctx.axes_together(value, [1])
    if ctx.backend.channels_last:
        order = (*(a for a in order if a not in channels), *channels)
    at = order.index(channels[0]) if channels else len(order)
    before, after = order[:at], order[at + len(channels) :]
    groups = _lying(ctx, value, order, channels) or spatial_groups(ctx, before, channels, after, ())
    return ctx.wrap(ctx.backend.affine(ctx.views.get(value, groups), scale, shift), groups, value.dims)


def _lying(ctx: Context, value: Value, order: Atoms, channels: Atoms) -> Groups | None:
    at = 3 if ctx.backend.channels_last else 1
    for rep in value.storage.reps:
        if len(rep.groups) == 4 and rep.order == order and leaves(rep.groups[at]) == channels:
            return rep.groups
    return None


def _result(ctx: Context, tensor: str, value: Value, window: Window, channels: int | None) -> Value:
    sizes = window.out((value.shape[2], value.shape[3]))
    kept = [window.kernel[i] == window.stride[i] == 1 and sizes[i] == value.shape[2 + i] for i in (0, 1)]
    height, width = (value.dim(2 + i) if kept[i] else fresh(sizes[i]) for i in (0, 1))
    channel = value.dim(1) if channels is None else fresh(channels)
    dims = (value.dim(0), channel, height, width)
    return ctx.wrap(tensor, spatial_groups(ctx, *dims), dims)
