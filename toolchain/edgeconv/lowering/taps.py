"""Time taps: a kernel along an axis that the device has no kernel axis for becomes slices, concatenated on channels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeconv.core.backend import Window
from edgeconv.core.layout import Array, Value
from edgeconv.lowering.context import Context


@dataclass(frozen=True)
class Axis:
    """Geometry of a convolution or pool along one axis."""

    size: int
    kernel: int
    stride: int = 1
    dilation: int = 1
    before: int = 0
    after: int = 0

    @property
    def out(self) -> int:
        return (self.size + self.before + self.after - self.dilation * (self.kernel - 1) - 1) // self.stride + 1

    @property
    def trivial(self) -> bool:
        """Nothing happens along this axis."""
        return self.kernel == self.stride == 1 and self.before == self.after == 0

    @property
    def pointwise(self) -> bool:
        """Positions are picked, not mixed."""
        return self.kernel == 1 and self.before == self.after == 0


def window(height: Axis, width: Axis) -> Window:
    """The geometry of a 2D operator whose axes are these two."""
    return Window(
        (height.kernel, width.kernel),
        (height.stride, width.stride),
        (height.dilation, width.dilation),
        (height.before, width.before),
        (height.after, width.after),
    )


def taps(ctx: Context, value: Value, axis: int, geometry: Axis, fill: float = 0.0) -> list[Value]:
    """Kernel positions as values of size geometry.out along `axis`: tap d is x[t * stride + d * dilation - before]."""
    g = geometry
    rows = -(-(g.dilation * (g.kernel - 1) + (g.out - 1) * g.stride + 1) // g.stride)
    extent = max(g.size + g.before, rows * g.stride)
    extent = -(-extent // g.stride) * g.stride
    padded = ctx.pad(value, {axis: (g.before, extent - g.size - g.before)}, fill=fill)
    return [ctx.select(padded, axis, d * g.dilation, g.out, g.stride) for d in range(g.kernel)]


def stack_taps(ctx: Context, pieces: list[Value], groups: int) -> Value:
    """Concatenate taps on channels, group-major: channels become (group, tap, channel of the group)."""
    if groups == 1 or len(pieces) == 1:
        return ctx.concat(pieces, 1)
    shape = pieces[0].shape
    split = [ctx.reshape(p, (shape[0], groups, shape[1] // groups, *shape[2:])) for p in pieces]
    return ctx.reshape(ctx.concat(split, 2), (shape[0], len(pieces) * shape[1], *shape[2:]))


def stack_weight(weight: Array, axis: int) -> Array:
    """The weight for stacked taps: kernel axis `axis` of [O, C/g, ...] moves in front of C/g and merges with it."""
    moved = np.moveaxis(weight, axis, 1)
    return np.ascontiguousarray(moved.reshape(moved.shape[0], moved.shape[1] * moved.shape[2], *moved.shape[3:]))
