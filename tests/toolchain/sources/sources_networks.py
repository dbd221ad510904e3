"""Small networks as a user would write them in a file of their own."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn


@dataclass
class Config:
    """A dataclass with postponed annotations looks its own module up when it is made."""

    classes: int = 5


class Tiny(nn.Module):
    """One 3D convolution and a classifier."""

    input_shape = (1, 3, 4, 8, 8)
    input_layout = "NCTHW"

    def __init__(self, classes: int = 5, width: int = 4) -> None:
        super().__init__()
        self.conv = nn.Conv3d(3, width, 3, padding=1)
        self.norm = nn.BatchNorm3d(width)
        self.classifier = nn.Linear(width, classes)

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.norm(self.conv(clip)).relu().mean((2, 3, 4)))


def tiny(classes: int = 5, width: float = 4, seed: int = 0, kind: str = "plain") -> nn.Module:
    """A tiny network of one convolution.

    More words, which no list shows.
    """
    if width <= 0:
        raise ValueError(f"width must be positive, not {width}")
    if kind not in ("plain", "fancy"):
        raise ValueError(f"there is no kind '{kind}'")
    torch.manual_seed(seed)
    return Tiny(classes, int(width))


def unseeded() -> nn.Module:
    return Tiny(Config().classes)


def shapeless() -> nn.Module:
    return nn.Sequential(nn.Conv3d(3, 2, 1), nn.AdaptiveAvgPool3d(1), nn.Flatten())


def with_norm_in_head() -> nn.Module:
    """BatchNorm1d sees one value per channel of one clip, which gives no statistics."""
    network = nn.Sequential(
        nn.Conv3d(3, 4, 1), nn.BatchNorm3d(4), nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(4, 4), nn.BatchNorm1d(4)
    )
    network.input_shape = (1, 3, 4, 8, 8)
    return network


def strict() -> nn.Module:
    """Refuses what it does not know with an assertion of its own."""

    class Strict(Tiny):
        def forward(self, clip: torch.Tensor) -> torch.Tensor:
            assert clip.shape[2] == 4, "four frames, please"
            return super().forward(clip)

    return Strict()


def dictionary() -> nn.Module:
    class Named(Tiny):
        def forward(self, clip: torch.Tensor) -> dict[str, torch.Tensor]:
            return {"logits": super().forward(clip)}

    return Named()


def counting() -> nn.Module:
    class Counting(Tiny):
        def forward(self, clip: torch.Tensor) -> int:
            return clip.numel()

    return Counting()


def demanding(width: int) -> nn.Module:
    return Tiny(width=width)


def open_ended(**options: int) -> nn.Module:
    return Tiny(**options)


def number() -> int:
    return 3


def breaks() -> nn.Module:
    raise KeyError("backbone")


not_a_factory = 7
