"""The residual head of ECO, once with 3x3x3 convolutions and once with 4D blocks: same topology, same names.

With r() for ReLU, and every sum taken before its BatchNorm::

    a = res3a_2(x)                                               stage 3, stride 1, 128 filters
    b = res3b_2(r(res3b_1_bn(res3b_1(r(res3a_bn(a)))))) + a
    x = r(res3b_bn(b))

    a = res4a_2(r(res4a_1_bn(res4a_1(x)))) + res4a_down(x)       stage 4, stride 2, 256 filters
    b = res4b_2(r(res4b_1_bn(res4b_1(r(res4a_bn(a)))))) + a
    x = r(res4b_bn(b))                                           and stage 5 like it, with 512
"""

from __future__ import annotations

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor, nn

from edgeconv_models.backbones import scaled
from edgeconv_models.blocks import AddBlock, ConcatBlock, Grid, SequentialBlock

MakeConv = Callable[[int, int, Grid, int], nn.Module]
"""From input channels, filters, input grid and stride to what stands for one 3x3x3 convolution."""

STAGES = (("res3", 128, 1), ("res4", 256, 2), ("res5", 512, 2))
"""Name, filters and stride (along time and grid) of each stage."""


class ResidualHead(nn.Module):
    """The topology, whatever its convolutions are. Subclasses put the fold before it and the pool behind it.

    Args:
        channels: channels of the features that come in.
        width: multiplies the filters of every stage.
        grid: T, H, W of the features that come in.
        conv: builds each convolution.
        norm: builds each BatchNorm from its channels.
    """

    def __init__(
        self, channels: int, width: float, grid: Grid, conv: MakeConv, norm: Callable[[int], nn.Module]
    ) -> None:
        super().__init__()
        self.in_channels, self.in_grid = channels, grid
        for stage, base, stride in STAGES:
            filters, inner = scaled(base, width), grid.strided(stride)
            if stride == 1:
                layers = {"a_2": conv(channels, filters, grid, 1), "a_bn": norm(filters)}
            else:
                layers = {
                    "a_1": conv(channels, filters, grid, stride),
                    "a_1_bn": norm(filters),
                    "a_2": conv(filters, filters, inner, 1),
                    "a_down": conv(channels, filters, grid, stride),
                    "a_bn": norm(filters),
                }
            layers["b_1"] = conv(filters, filters, inner, 1)
            layers["b_1_bn"] = norm(filters)
            layers["b_2"] = conv(filters, filters, inner, 1)
            layers["b_bn"] = norm(filters)
            for name, layer in layers.items():
                self.add_module(stage + name, layer)
            channels, grid = filters, inner
        self.channels, self.grid = channels, grid

    def _run(self, x: Tensor, *names: str) -> Tensor:
        """The named layers in turn, each BatchNorm followed by ReLU."""
        for name in names:
            x = self.get_submodule(name)(x)
            if name.endswith("_bn"):
                x = F.relu(x)
        return x

    def stages(self, x: Tensor) -> Tensor:
        """All three stages, in whatever fold the convolutions work."""
        for stage, _, stride in STAGES:
            if stride == 1:
                entry = self._run(x, f"{stage}a_2")
            else:
                entry = self._run(x, f"{stage}a_1", f"{stage}a_1_bn", f"{stage}a_2") + self._run(x, f"{stage}a_down")
            x = self._run(entry, f"{stage}a_bn", f"{stage}b_1", f"{stage}b_1_bn", f"{stage}b_2") + entry
            x = self._run(x, f"{stage}b_bn")
        return x


class Head3d(ResidualHead):
    """The head as published: 3x3x3 convolutions on [N, C, T, H, W].

    Frames [N*T, C, H, W] in, pooled features [N, 512 * width] out.
    """

    def __init__(self, channels: int, width: float, grid: Grid) -> None:
        def conv(channels: int, filters: int, grid: Grid, stride: int) -> nn.Module:  # noqa: ARG001
            return nn.Conv3d(channels, filters, 3, stride, padding=1)

        super().__init__(channels, width, grid, conv, nn.BatchNorm3d)

    def forward(self, frames: Tensor) -> Tensor:
        """Frames [N*T, C, H, W] to pooled features [N, F]."""
        clips = frames.reshape(-1, self.in_grid.frames, self.in_channels, self.in_grid.height, self.in_grid.width)
        return self.stages(clips.transpose(1, 2)).mean(dim=(2, 3, 4))


class Head4d(ResidualHead):
    """The head with a 4D block in place of each convolution; it works on frames from end to end.

    Frames [N*T, C, H, W] in, pooled features [N, 512 * width] out.

    Args:
        channels: channels of the features that come in.
        width: multiplies the filters of every stage.
        grid: T, H, W of the features that come in.
        block: ``"add"``, ``"concat"`` or ``"sequential"``.
        mode: how the temporal branch strides, ``"aligned"`` or ``"paper"``.
    """

    def __init__(self, channels: int, width: float, grid: Grid, *, block: str, mode: str) -> None:
        def conv(channels: int, filters: int, grid: Grid, stride: int) -> nn.Module:
            if block == "sequential":
                return SequentialBlock(channels, filters, grid, stride=stride)
            parallel = {"add": AddBlock, "concat": ConcatBlock}[block]
            return parallel(channels, filters, grid, stride=stride, mode=mode)

        super().__init__(channels, width, grid, conv, nn.BatchNorm2d)

    def forward(self, frames: Tensor) -> Tensor:
        """Frames [N*T, C, H, W] to pooled features [N, F]."""
        frames_left, height, width = self.grid
        clips = self.stages(frames).reshape(-1, frames_left, self.channels, height * width)
        return clips.mean(dim=(1, 3))
