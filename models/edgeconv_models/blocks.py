"""The 4D blocks: what a 3x3x3 convolution over a clip becomes when no tensor may have more than four axes.

A clip travels as *frames* [N*T, C, H, W]. Spatial kernels (3x3) run there. Temporal kernels (3x1) run on the
*timeline* [N, C, T, H*W], another view of the same values. All sizes but N are fixed when a block is built, so an
exported graph is static.

With stride s both branches give frames [N*T/s, S, H/s, W/s] (sizes round up). The spatial branch selects every s-th
frame before its convolution; frames that would be dropped are never computed. The temporal branch has two ways to
stride over the grid:

* ``"aligned"`` (default): it sub-samples the grid to the positions (s*i, s*j), which are the centres of the spatial
  kernels, and then strides over time only. Both branches look at the same place.
* ``"paper"`` (arXiv 2407.16514 to the letter): strides (s, s*s) on the flattened axis H*W, so output k comes from
  position s*s*k in row-major order. That is *not* the grid of the spatial branch: in a 28x28 grid with s=2, output
  (0, 1) comes from column 2 in the spatial branch and from column 4 in the temporal one. It needs H and W that
  divide by s.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

STRIDES = ("aligned", "paper")
"""How the temporal branch of a parallel block may stride over the grid."""


class Grid(NamedTuple):
    """Size of a clip of features: T frames of H x W positions."""

    frames: int
    height: int
    width: int

    def strided(self, stride: int) -> Grid:
        """The grid after stride ``stride`` along all three axes."""
        return Grid(*(-(-size // stride) for size in self))


def select_frames(x: Tensor, channels: int, grid: Grid, stride: int) -> Tensor:
    """Every ``stride``-th frame of each clip: [N*T, C, H, W] to [N*T/s, C, H, W]."""
    if stride == 1:
        return x
    frames, height, width = grid
    clips = x.reshape(-1, frames, channels * height * width)
    return clips[:, ::stride].reshape(-1, channels, height, width)


def to_timeline(x: Tensor, channels: int, grid: Grid) -> Tensor:
    """Frames [N*T, C, H, W] as timeline [N, C, T, H*W]."""
    frames, height, width = grid
    return x.reshape(-1, frames, channels, height * width).permute(0, 2, 1, 3)


def to_frames(x: Tensor, channels: int, grid: Grid) -> Tensor:
    """Timeline [N, C, T, H*W] as frames [N*T, C, H, W]."""
    _, height, width = grid
    return x.permute(0, 2, 1, 3).reshape(-1, channels, height, width)


class SequentialBlock(nn.Module):
    """A 3x3 convolution on all frames (stride s on the grid), then 3x1 along time (stride s), S filters each.

    The grid is already strided when the temporal convolution sees it, so there is nothing to align: ``"paper"`` and
    ``"aligned"`` are the same block. Nothing stands between the two convolutions.

    Frames [N*T, C, H, W] in, [N*T/s, S, H/s, W/s] out.
    """

    def __init__(self, channels: int, filters: int, grid: Grid, *, stride: int = 1) -> None:
        super().__init__()
        self.filters, self.out_grid = filters, grid.strided(stride)
        self.mid_grid = Grid(grid.frames, self.out_grid.height, self.out_grid.width)
        self.spatial = nn.Conv2d(channels, filters, 3, stride, padding=1)
        self.temporal = nn.Conv2d(filters, filters, (3, 1), (stride, 1), padding=(1, 0))

    def forward(self, x: Tensor) -> Tensor:
        """Frames [N*T, C, H, W] to frames [N*T/s, S, H/s, W/s]."""
        line = to_timeline(self.spatial(x), self.filters, self.mid_grid)
        return to_frames(self.temporal(line), self.filters, self.out_grid)


class ParallelBlock(nn.Module):
    """A 3x3 and a 3x1 convolution side by side on the same frames; subclasses say how they are combined.

    Frames [N*T, C, H, W] in, [N*T/s, S, H/s, W/s] out.

    Args:
        channels: C.
        branches: filters of the spatial and of the temporal branch.
        grid: T, H, W of the input.
        stride: s, along time and grid.
        mode: ``"aligned"`` or ``"paper"``, see the module.

    Raises:
        ValueError: ``"paper"`` on a grid that does not divide by s, or a mode that does not exist.
    """

    def __init__(
        self, channels: int, branches: tuple[int, int], grid: Grid, *, stride: int = 1, mode: str = "aligned"
    ) -> None:
        super().__init__()
        if mode not in STRIDES:
            raise ValueError(f"there is no stride {mode!r}; choose one of {', '.join(STRIDES)}")
        self.aligned = mode == "aligned" or stride == 1
        if not self.aligned and (grid.height % stride or grid.width % stride):
            raise ValueError(
                f"stride='paper' takes every {stride * stride}th position of the flattened grid, so rows and columns "
                f"must divide by {stride}; here is a grid of {grid.height}x{grid.width}: choose another image_size, "
                "or stride='aligned'"
            )
        self.channels, self.stride, self.grid, self.out_grid = channels, stride, grid, grid.strided(stride)
        self.line_grid = Grid(grid.frames, self.out_grid.height, self.out_grid.width) if self.aligned else grid
        self.temporal_filters = branches[1]
        line_stride = (stride, 1 if self.aligned else stride * stride)
        self.spatial = nn.Conv2d(channels, branches[0], 3, stride, padding=1)
        self.temporal = nn.Conv2d(channels, branches[1], (3, 1), line_stride, padding=(1, 0))

    def branches(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Frames [N*T, C, H, W] to the frames of the spatial and of the temporal branch."""
        spatial = self.spatial(select_frames(x, self.channels, self.grid, self.stride))
        if self.aligned and self.stride > 1:
            x = x[:, :, :: self.stride, :: self.stride]
        line = to_timeline(x, self.channels, self.line_grid)
        return spatial, to_frames(self.temporal(line), self.temporal_filters, self.out_grid)


class AddBlock(ParallelBlock):
    """Both branches have S filters; their results are added."""

    def __init__(self, channels: int, filters: int, grid: Grid, *, stride: int = 1, mode: str = "aligned") -> None:
        super().__init__(channels, (filters, filters), grid, stride=stride, mode=mode)

    def forward(self, x: Tensor) -> Tensor:
        """Frames [N*T, C, H, W] to frames [N*T/s, S, H/s, W/s]."""
        spatial, temporal = self.branches(x)
        return spatial + temporal

    @torch.no_grad()
    def merge_centre_tap(self) -> bool:
        """Give the temporal centre tap to the spatial kernel, in place; the function stays the same.

        An aligned block computes the tap (0, 0, 0) twice, as the spatial centre and as the temporal centre, and adds
        the two. Added beforehand, they cost one: the temporal convolution keeps its two outer taps, 2x1 with dilation
        2, and one twelfth of the multiplications is gone. The bias moves along.

        Returns:
            Whether this block was merged: not if its branches look at different places (``"paper"`` with a stride),
            nor a second time.
        """
        outer = self.temporal
        if not self.aligned or outer.kernel_size != (3, 1) or outer.bias is None or self.spatial.bias is None:
            return False
        self.spatial.weight[:, :, 1, 1] += outer.weight[:, :, 1, 0]
        self.spatial.bias += outer.bias
        taps = outer.weight[:, :, ::2].clone()
        self.temporal = nn.Conv2d(
            outer.in_channels,
            outer.out_channels,
            (2, 1),
            stride=(self.stride, 1),
            padding=(1, 0),
            dilation=(2, 1),
            bias=False,
            device="meta",  # no weights to draw: they are there
        )
        self.temporal.weight = nn.Parameter(taps)
        self.temporal.train(outer.training)
        return True


class ConcatBlock(ParallelBlock):
    """Each branch has half of the S filters (the spatial one gets the odd one); their channels are concatenated."""

    def __init__(self, channels: int, filters: int, grid: Grid, *, stride: int = 1, mode: str = "aligned") -> None:
        if filters < 2:
            raise ValueError(f"a concat block needs two filters or more to share out, here are {filters}")
        super().__init__(channels, (filters - filters // 2, filters // 2), grid, stride=stride, mode=mode)

    def forward(self, x: Tensor) -> Tensor:
        """Frames [N*T, C, H, W] to frames [N*T/s, S, H/s, W/s]."""
        return torch.cat(self.branches(x), dim=1)
