"""A transposed convolution along one axis, cut into plain convolutions: one per remainder of the output position."""

from __future__ import annotations

import math
from dataclasses import dataclass

from edgeconv.lowering.taps import Axis


@dataclass(frozen=True)
class Up:
    """Geometry along one axis: output u - before meets input q and tap d where u = stride * q + dilation * d."""

    size: int
    kernel: int
    stride: int
    dilation: int
    before: int
    after: int
    extra: int = 0
    """Rows behind the last window (output_padding)."""

    @property
    def out(self) -> int:
        span = (self.size - 1) * self.stride + self.dilation * (self.kernel - 1) + 1
        return span - self.before - self.after + self.extra

    @property
    def first(self) -> int:
        """The first and the last u // stride that the output needs."""
        return self.before // self.stride

    @property
    def last(self) -> int:
        return (self.before + self.out - 1) // self.stride


@dataclass(frozen=True)
class Phase:
    """The outputs u = stride * q + r for q in [first, last] as a convolution of stride 1 over the cropped input."""

    taps: tuple[int, ...]
    """Kernel positions in reading order; none where these outputs meet no input."""
    rows: int
    crop: tuple[int, int]
    """(start, size) of the input that is read."""
    axis: Axis


def phase(up: Up, r: int) -> Phase:
    """Tap d of phase r reads x[q - (dilation * d - r) / stride], so the taps are read backwards."""
    rows = up.last - up.first + 1
    found = [d for d in range(up.kernel) if (up.dilation * d - r) % up.stride == 0][::-1]
    shifts = [(up.dilation * d - r) // up.stride for d in found]
    begin = up.first - shifts[0] if found else 0
    end = up.last - shifts[-1] + 1 if found else 0
    start, stop = max(0, begin), min(up.size, end)
    if not found or stop <= start:
        return Phase((), rows, (0, up.size), Axis(up.size, 1))
    step = up.dilation // math.gcd(up.dilation, up.stride)
    size = stop - start
    axis = Axis(size, len(found), 1, step if len(found) > 1 else 1, start - begin, end - stop)
    return Phase(tuple(found), rows, (start, size), axis)
