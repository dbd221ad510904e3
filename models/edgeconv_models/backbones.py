"""2D networks that see one frame at a time: frames [N*T, 3, H, W] to features [N*T, C, H/8, W/8].

A new backbone is a subclass of :class:`Backbone` with an entry in :data:`BACKBONES`.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def scaled(channels: int, width: float) -> int:
    """``channels`` times ``width``, rounded; refused if nothing would be left.

    Raises:
        ValueError: no channel would be left.
    """
    count = round(channels * width)
    if count < 1:
        raise ValueError(f"width={width} leaves no channel of a layer that has {channels}; choose a larger width")
    return count


class Backbone(nn.Module):
    """Base of the 2D networks; built from ``width`` alone, which multiplies every channel count."""

    channels: int
    """Channels C of the features."""

    @staticmethod
    def grid(image_size: int) -> int:
        """Rows (or columns) of the features of an image with so many rows (or columns)."""
        raise NotImplementedError


class BnInception(Backbone):
    """BN-Inception up to ``inception_3c_double_3x3_1``, with the layer names of the published ECO checkpoints.

    Every convolution has a bias and is followed by BatchNorm ``<layer>_bn`` and ReLU; pools round up, as in Caffe.
    Frames [B, 3, H, W] in, [B, 96 * width, H/8, W/8] out.
    """

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        self._width = width
        stem = self._layer("conv1_7x7_s2", 3, 64, kernel=7, stride=2)
        reduced = self._layer("conv2_3x3_reduce", stem, 64)
        stem = self._layer("conv2_3x3", reduced, 192, kernel=3)
        first = self._inception("inception_3a", stem, filters_3x3=64, filters_pool=32)
        second = self._inception("inception_3b", first, filters_3x3=96, filters_pool=64)
        reduced = self._layer("inception_3c_double_3x3_reduce", second, 64)
        self.channels = self._layer("inception_3c_double_3x3_1", reduced, 96, kernel=3)

    def _layer(self, name: str, channels: int, filters: int, *, kernel: int = 1, stride: int = 1) -> int:
        """Add convolution ``name`` and its BatchNorm; return its output channels."""
        filters = scaled(filters, self._width)
        self.add_module(name, nn.Conv2d(channels, filters, kernel, stride, padding=kernel // 2))
        self.add_module(f"{name}_bn", nn.BatchNorm2d(filters))
        return filters

    def _inception(self, name: str, channels: int, *, filters_3x3: int, filters_pool: int) -> int:
        """Add the layers of one inception block; return its output channels."""
        single = self._layer(f"{name}_1x1", channels, 64)
        reduced = self._layer(f"{name}_3x3_reduce", channels, 64)
        triple = self._layer(f"{name}_3x3", reduced, filters_3x3, kernel=3)
        reduced = self._layer(f"{name}_double_3x3_reduce", channels, 64)
        double = self._layer(f"{name}_double_3x3_1", reduced, 96, kernel=3)
        double = self._layer(f"{name}_double_3x3_2", double, 96, kernel=3)
        pooled = self._layer(f"{name}_pool_proj", channels, filters_pool)
        return single + triple + double + pooled

    def _run(self, x: Tensor, *names: str) -> Tensor:
        """Convolution, BatchNorm and ReLU of each named layer in turn."""
        for name in names:
            x = F.relu(self.get_submodule(f"{name}_bn")(self.get_submodule(name)(x)))
        return x

    def _run_inception(self, x: Tensor, name: str) -> Tensor:
        pooled = F.avg_pool2d(x, 3, stride=1, padding=1, ceil_mode=True, count_include_pad=True)
        branches = (
            self._run(x, f"{name}_1x1"),
            self._run(x, f"{name}_3x3_reduce", f"{name}_3x3"),
            self._run(x, f"{name}_double_3x3_reduce", f"{name}_double_3x3_1", f"{name}_double_3x3_2"),
            self._run(pooled, f"{name}_pool_proj"),
        )
        return torch.cat(branches, dim=1)

    def forward(self, frames: Tensor) -> Tensor:
        """Frames [B, 3, H, W] to features [B, C, H/8, W/8]."""
        x = self._run(frames, "conv1_7x7_s2")
        x = F.max_pool2d(x, 3, stride=2, ceil_mode=True)
        x = self._run(x, "conv2_3x3_reduce", "conv2_3x3")
        x = F.max_pool2d(x, 3, stride=2, ceil_mode=True)
        x = self._run_inception(x, "inception_3a")
        x = self._run_inception(x, "inception_3b")
        return self._run(x, "inception_3c_double_3x3_reduce", "inception_3c_double_3x3_1")

    @staticmethod
    def grid(image_size: int) -> int:
        """The strided convolution rounds up; the two pools, without padding, round up to half of their input."""
        return (image_size + 1) // 2 // 2 // 2


class MobileNet(Backbone):
    """Depthwise-separable layers in the manner of MobileNet: about a twentieth of the size of BN-Inception's.

    Frames [B, 3, H, W] in, [B, 96 * width, H/8, W/8] out.
    """

    _STEM = 24
    _LAYERS = ((48, 1), (64, 2), (64, 1), (96, 2), (96, 1))
    """Filters and stride of each depthwise-separable layer."""

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        self.channels = scaled(self._STEM, width)
        layers = [self._unit(3, self.channels, kernel=3, stride=2)]
        for filters, stride in self._LAYERS:
            layers.append(self._unit(self.channels, self.channels, kernel=3, stride=stride, groups=self.channels))
            layers.append(self._unit(self.channels, scaled(filters, width)))
            self.channels = scaled(filters, width)
        self.layers = nn.Sequential(*layers)

    @staticmethod
    def _unit(channels: int, filters: int, *, kernel: int = 1, stride: int = 1, groups: int = 1) -> nn.Sequential:
        return nn.Sequential(
            nn.Conv2d(channels, filters, kernel, stride, padding=kernel // 2, groups=groups, bias=False),
            nn.BatchNorm2d(filters),
            nn.ReLU(),
        )

    def forward(self, frames: Tensor) -> Tensor:
        """Frames [B, 3, H, W] to features [B, C, H/8, W/8]."""
        features: Tensor = self.layers(frames)
        return features

    @staticmethod
    def grid(image_size: int) -> int:
        """Three strided convolutions, each rounding up."""
        return -(-image_size // 8)


BACKBONES: dict[str, type[Backbone]] = {"bn-inception": BnInception, "mobilenet": MobileNet}
"""Every backbone by name."""


def build_backbone(name: str, width: float) -> Backbone:
    """The backbone called ``name``.

    Raises:
        ValueError: there is no such backbone, or ``width`` leaves it without channels.
    """
    if name not in BACKBONES:
        raise ValueError(f"there is no backbone {name!r}; choose one of {', '.join(sorted(BACKBONES))}")
    return BACKBONES[name](width)
