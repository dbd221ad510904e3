"""What a Conv3d does with sizes, and which frames or positions the two kernels of a factorised one look at."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch.nn.functional as F
from torch import Tensor, nn

Sizes = tuple[int, int, int]
"""Along time, rows and columns."""

Pads = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
"""Before and behind, along time, rows and columns."""


@dataclass(frozen=True)
class Window:
    """Of the positions along one axis: leave some out at either end (or pad, where negative), keep every step-th."""

    before: int
    behind: int
    step: int

    def take(self, x: Tensor, axis: int) -> Tensor:
        """The positions of ``x`` along ``axis``."""
        pads = max(0, -self.before), max(0, -self.behind)
        if any(pads):
            x = F.pad(x, (0, 0) * (x.dim() - 1 - axis) + pads)
        before, behind = max(0, self.before), max(0, self.behind)
        if before or behind or self.step > 1:
            x = x[(slice(None),) * axis + (slice(before, -behind or None, self.step),)]
        return x


@dataclass(frozen=True)
class Geometry:
    """Channels and sizes of a Conv3d; the same function is a kernel [S, C/groups, kT, kH, kW] in this geometry."""

    channels: int
    filters: int
    groups: int
    kernel: Sizes
    stride: Sizes
    dilation: Sizes
    pads: Pads
    padding_mode: str
    bias: bool

    @classmethod
    def of(cls, conv: nn.Conv3d) -> Geometry:
        """The geometry of ``conv``; ``padding="same"`` and ``"valid"`` become numbers."""
        kernel, dilation = _sizes(conv.kernel_size), _sizes(conv.dilation)
        if conv.padding == "same":
            whole = tuple((k - 1) * d for k, d in zip(kernel, dilation, strict=True))
            pads = tuple((w // 2, w - w // 2) for w in whole)
        else:
            pads = ((0, 0),) * 3 if isinstance(conv.padding, str) else tuple((p, p) for p in conv.padding)
        return cls(
            conv.in_channels,
            conv.out_channels,
            conv.groups,
            kernel,
            _sizes(conv.stride),
            dilation,
            (pads[0], pads[1], pads[2]),
            conv.padding_mode,
            conv.bias is not None,
        )

    @property
    def centre(self) -> Sizes:
        """The tap at which the spatial and the temporal kernel cross."""
        return _sizes(tuple(k // 2 for k in self.kernel))

    @property
    def padded_first(self) -> bool:
        """A Conv2d cannot pad like this by itself."""
        return self.padding_mode != "zeros" or any(before != behind for before, behind in self.pads)

    def pad(self, x: Tensor) -> Tensor:
        """Clip [N, C, T, H, W] with the pads around it."""
        flat = [size for axis in reversed(self.pads) for size in axis]
        return F.pad(x, flat, mode="constant" if self.padding_mode == "zeros" else self.padding_mode)

    def unpadded(self) -> Geometry:
        """The geometry of what :meth:`pad` gives."""
        return replace(self, pads=((0, 0),) * 3, padding_mode="zeros")

    def window(self, axis: int) -> Window:
        """The positions along ``axis`` that the centre tap of the kernel meets, one for each output."""
        behind_centre = self.kernel[axis] - 1 - self.centre[axis]
        before, behind = self.pads[axis]
        return Window(
            self.centre[axis] * self.dilation[axis] - before,
            behind_centre * self.dilation[axis] - behind,
            self.stride[axis],
        )


def _sizes(values: tuple[int, ...]) -> Sizes:
    time, rows, columns = values
    return time, rows, columns
