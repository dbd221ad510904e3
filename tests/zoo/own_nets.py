"""Networks that no installed library has, in plain PyTorch."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

Shapes = tuple[tuple[int, ...], ...]


def eco_lite_3d(shapes: Shapes) -> nn.Module:
    from edgeconv_models import eco_lite_3d as published

    return published(num_frames=shapes[0][2], image_size=shapes[0][3])


def c3d(shapes: Shapes) -> nn.Module:
    return C3D(shapes[0][2:])


def i3d_inception(shapes: Shapes) -> nn.Module:
    return InceptionI3D(shapes[0][2:])


def stress_unet(_: Shapes) -> nn.Module:
    return StressUNet()


class C3D(nn.Module):
    """Tran et al. 2015, a quarter as wide; flattens its map before two dense layers."""

    def __init__(self, clip: tuple[int, ...], width: int = 16, classes: int = 101) -> None:
        super().__init__()
        frames, height, width_ = clip
        w = width
        plan = [[w], [2 * w], [4 * w, 4 * w], [8 * w, 8 * w], [8 * w, 8 * w]]
        layers: list[nn.Module] = []
        channels = 3
        for i, group in enumerate(plan):
            for out in group:
                layers += [nn.Conv3d(channels, out, 3, padding=1), nn.ReLU()]
                channels = out
            time = 1 if i == 0 else 2
            layers.append(nn.MaxPool3d((time, 2, 2), (time, 2, 2), padding=(0, 1, 1) if i == 4 else 0))
        self.features = nn.Sequential(*layers)
        out = channels * (frames // 16) * (height // 32 + 1) * ((width_ // 16) // 2 + 1)
        self.fc6, self.fc7, self.fc8 = nn.Linear(out, 16 * w), nn.Linear(16 * w, 16 * w), nn.Linear(16 * w, classes)

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        x = self.features(clip).flatten(1)
        logits: torch.Tensor = self.fc8(F.relu(self.fc7(F.relu(self.fc6(x)))))
        return logits


def _same(x: torch.Tensor, kernel: tuple[int, ...], stride: tuple[int, ...]) -> torch.Tensor:
    """TensorFlow's SAME padding with zeros, as the PyTorch port of I3D does it (before max pools too)."""
    pads: list[int] = []
    for size, k, s in zip(reversed(x.shape[2:]), reversed(kernel), reversed(stride), strict=True):
        total = max(k - s, 0) if size % s == 0 else max(k - size % s, 0)
        pads += [total // 2, total - total // 2]
    return F.pad(x, pads)


class Unit(nn.Module):
    def __init__(self, i: int, o: int, kernel: tuple[int, int, int] = (1, 1, 1), stride: tuple[int, ...] = (1, 1, 1)):
        super().__init__()
        self.kernel, self.stride = kernel, stride
        self.conv = nn.Conv3d(i, o, kernel, stride, bias=False)
        self.bn = nn.BatchNorm3d(o, eps=1e-3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(self.bn(self.conv(_same(x, self.kernel, self.stride))))


class SamePool(nn.Module):
    def __init__(self, kernel: tuple[int, int, int], stride: tuple[int, int, int]) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.max_pool3d(_same(x, self.kernel, self.stride), self.kernel, self.stride)


class Mixed(nn.Module):
    def __init__(self, i: int, o: tuple[int, ...]) -> None:
        super().__init__()
        self.b0 = Unit(i, o[0])
        self.b1 = nn.Sequential(Unit(i, o[1]), Unit(o[1], o[2], (3, 3, 3)))
        self.b2 = nn.Sequential(Unit(i, o[3]), Unit(o[3], o[4], (3, 3, 3)))
        self.b3 = nn.Sequential(SamePool((3, 3, 3), (1, 1, 1)), Unit(i, o[5]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([self.b0(x), self.b1(x), self.b2(x), self.b3(x)], 1)


_MIXED = {
    "3b": (192, (64, 96, 128, 16, 32, 32)),
    "3c": (256, (128, 128, 192, 32, 96, 64)),
    "4b": (480, (192, 96, 208, 16, 48, 64)),
    "4c": (512, (160, 112, 224, 24, 64, 64)),
    "4d": (512, (128, 128, 256, 24, 64, 64)),
    "4e": (512, (112, 144, 288, 32, 64, 64)),
    "4f": (528, (256, 160, 320, 32, 128, 128)),
    "5b": (832, (256, 160, 320, 32, 128, 128)),
    "5c": (832, (384, 192, 384, 48, 128, 128)),
}


class InceptionI3D(nn.Module):
    """Carreira & Zisserman 2017 in the layout of its PyTorch port, an eighth as wide."""

    def __init__(self, clip: tuple[int, ...], share: int = 8, classes: int = 157) -> None:
        super().__init__()

        def mixed(name: str) -> Mixed:
            inputs, outputs = _MIXED[name]
            return Mixed(inputs // share, tuple(o // share for o in outputs))

        w = 64 // share
        self.stem = nn.Sequential(
            Unit(3, w, (7, 7, 7), (2, 2, 2)),
            SamePool((1, 3, 3), (1, 2, 2)),
            Unit(w, w),
            Unit(w, 3 * w, (3, 3, 3)),
            SamePool((1, 3, 3), (1, 2, 2)),
        )
        self.stage3 = nn.Sequential(mixed("3b"), mixed("3c"), SamePool((3, 3, 3), (2, 2, 2)))
        self.stage4 = nn.Sequential(*(mixed(f"4{c}") for c in "bcdef"), SamePool((2, 2, 2), (2, 2, 2)))
        self.stage5 = nn.Sequential(mixed("5b"), mixed("5c"))
        self.pool = nn.AvgPool3d((2, clip[1] // 32, clip[2] // 32), (1, 1, 1))
        self.logits = nn.Conv3d(1024 // share, classes, 1)

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        x = self.stage5(self.stage4(self.stage3(self.stem(clip))))
        return self.logits(self.pool(x)).squeeze(3).squeeze(3).mean(2)


class StressUNet(nn.Module):
    """Replicate pads, dilation, groups, transposed convolutions with output padding, both resizes, all norms, N = 2."""

    def __init__(self) -> None:
        super().__init__()
        self.enter = nn.Conv3d(3, 8, (3, 5, 3), padding=(1, 2, 1), padding_mode="replicate")
        self.norm1 = nn.GroupNorm(4, 8)
        self.down1 = nn.Conv3d(8, 12, 3, stride=2, padding=1, groups=4)
        self.norm2 = nn.InstanceNorm3d(12, affine=True)
        self.mid = nn.Conv3d(12, 12, 3, padding=(2, 2, 1), dilation=(2, 2, 1))
        self.prelu = nn.PReLU(12)
        self.gate = nn.Conv3d(12, 12, 1)
        self.up1 = nn.ConvTranspose3d(12, 8, 3, stride=2, padding=1, output_padding=1)
        self.up2 = nn.ConvTranspose3d(16, 6, (1, 2, 2), stride=(1, 2, 2))
        self.leave = nn.Conv3d(6, 4, 1)

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        a = F.leaky_relu(self.norm1(self.enter(clip)), 0.1)
        b = self.prelu(self.norm2(self.down1(a)))
        b = b + self.mid(b) * torch.sigmoid(self.gate(b.mean((2, 3, 4), keepdim=True)))
        c = torch.cat([F.relu(self.up1(b)), a], 1)
        d = F.relu6(self.up2(F.avg_pool3d(c, (1, 2, 2), ceil_mode=True)))
        d = F.interpolate(d, scale_factor=(2, 1, 1), mode="nearest")
        return self.leave(F.interpolate(d, scale_factor=2, mode="trilinear", align_corners=False))
