"""What transformers and gated networks do to clips: attention, windows, gated halves, rolled and picked frames."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from graphs_ops import Dice, Do, Op, Shape
from torch import nn


@dataclass(frozen=True)
class NonLocal(Op):
    """Attention of every place and time to every other, softmax(Q K') V beside an identity."""

    inner: int = 1
    """Of one head."""
    heads: int = 1

    @classmethod
    def draw(cls, dice: Dice, _shape: Shape) -> Op:
        return cls(dice.randint(2, 5), dice.one(1, 1, 2, 3))

    def build(self, shape: Shape) -> nn.Module:
        return _Attention(shape, self.inner, self.heads)


class _Attention(nn.Module):
    def __init__(self, shape: Shape, inner: int, heads: int) -> None:
        super().__init__()
        self.sizes, self.heads = shape[2:], (heads, inner)
        self.query, self.key, self.value = (nn.Conv3d(shape[1], heads * inner, 1) for _ in range(3))
        self.out = nn.Conv3d(heads * inner, shape[1], 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        query, key, value = (f(x).flatten(2).unflatten(1, self.heads) for f in (self.query, self.key, self.value))
        weights = torch.softmax(query.transpose(2, 3) @ key, -1)
        mixed = (weights @ value.transpose(2, 3)).transpose(2, 3)
        return x + self.out(mixed.flatten(1, 2).unflatten(2, self.sizes))


@dataclass(frozen=True)
class Windows(Op):
    """Tokens mixed within windows of places, as in Swin: partition, a product over each window, and back."""

    size: tuple[int, ...] = (1, 1, 1)

    @classmethod
    def draw(cls, dice: Dice, shape: Shape) -> Op:
        return cls(tuple(dice.one(*(d for d in (1, 2, 3, 4) if s % d == 0)) for s in shape[2:]))

    def build(self, shape: Shape) -> nn.Module:
        n, c, *sizes = shape
        (t, h, w), (wt, wh, ww) = [s // k for s, k in zip(sizes, self.size, strict=True)], self.size
        window = wt * wh * ww
        return nn.Sequential(
            Do(lambda x: x.reshape(n, c, t, wt, h, wh, w, ww).permute(0, 2, 4, 6, 1, 3, 5, 7)),
            Do(lambda x: x.reshape(n * t * h * w, c, window)),
            nn.Linear(window, window),
            Do(lambda x: x.reshape(n, t, h, w, c, wt, wh, ww).permute(0, 4, 1, 5, 2, 6, 3, 7).reshape(shape)),
        )


@dataclass(frozen=True)
class Gated(Op):
    """Half of the channels times the sigmoid of the other half."""

    @classmethod
    def draw(cls, _dice: Dice, _shape: Shape) -> Op:
        return cls()

    def build(self, _: Shape) -> nn.Module:
        return nn.GLU(1)


@dataclass(frozen=True)
class Roll(Op):
    """Values that leave at one end of the axis come in at the other."""

    shift: int = 1
    axis: int = 2

    @classmethod
    def draw(cls, dice: Dice, shape: Shape) -> Op:
        axis = dice.one(1, 2, 2, 3, 4)
        return cls(dice.randint(1, max(1, shape[axis] - 1)), axis)

    def build(self, _: Shape) -> nn.Module:
        return Do(lambda x: x.roll(self.shift, self.axis))


@dataclass(frozen=True)
class Pick(Op):
    """Frames (or channels, rows) in any order, some of them twice or not at all."""

    index: tuple[int, ...] = (0,)
    axis: int = 2

    @classmethod
    def draw(cls, dice: Dice, shape: Shape) -> Op:
        axis = dice.one(1, 2, 2, 2, 4)
        return cls(tuple(dice.randrange(shape[axis]) for _ in range(dice.randint(1, 9))), axis)

    def build(self, _: Shape) -> nn.Module:
        return Do(lambda x: x.index_select(self.axis, torch.tensor(self.index)))


@dataclass(frozen=True)
class Frame(Op):
    """One frame is taken out as an image and repeated over time."""

    at: int = 0

    @classmethod
    def draw(cls, dice: Dice, shape: Shape) -> Op:
        return cls(dice.randrange(shape[2]))

    def build(self, shape: Shape) -> nn.Module:
        return Do(lambda x: x.select(2, self.at).unsqueeze(2).expand(shape))
