"""A narrow network that only the sabotage tests have; the source child imports it."""

from __future__ import annotations

import torch
from torch import nn


def r3d() -> nn.Module:
    """A ResNet of 3x3x3 convolutions as r3d_18 is, an eighth as wide and half as deep."""
    return R3D()


class Block(nn.Module):
    def __init__(self, inside: int, out: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv3d(inside, out, 3, stride, 1, bias=False), nn.BatchNorm3d(out), nn.ReLU())
        self.second = nn.Sequential(nn.Conv3d(out, out, 3, 1, 1, bias=False), nn.BatchNorm3d(out))
        self.shortcut = (
            nn.Sequential(nn.Conv3d(inside, out, 1, stride, bias=False), nn.BatchNorm3d(out))
            if inside != out
            else nn.Identity()
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.second(self.first(x)) + self.shortcut(x))


class R3D(nn.Module):
    input_shape = (1, 3, 8, 48, 40)
    input_layout = "NCTHW"

    def __init__(self, width: int = 8, classes: int = 7) -> None:
        super().__init__()
        stem = nn.Conv3d(3, width, (3, 7, 7), (1, 2, 2), (1, 3, 3), bias=False)
        self.stem = nn.Sequential(stem, nn.BatchNorm3d(width), nn.ReLU())
        plan = [(width, width, 1), (width, 2 * width, 2), (2 * width, 4 * width, 2)]
        self.blocks = nn.Sequential(*(Block(*block) for block in plan))
        self.head = nn.Linear(4 * width, classes)

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.head(self.blocks(self.stem(clip)).mean((2, 3, 4)))
        return logits
