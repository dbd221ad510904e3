"""Operators that pick, order and sum up: slices, reductions, permutations, heads."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from graphs_ops import Dice, Do, Op, Shape
from torch import nn


@dataclass(frozen=True)
class Slice(Op):
    axis: int = 2
    start: int = 0
    stop: int = 1 << 30
    step: int = 1

    @classmethod
    def draw(cls, dice: Dice, shape: Shape) -> Op:
        axis = dice.one(1, 2, 2, 2, 3, 4)
        start = dice.randint(0, shape[axis] // 2)
        stop = dice.randint(start + 1, shape[axis]) if dice.chance(0.5) else 1 << 30
        return cls(axis, start, stop, dice.one(1, 2, 2, 3))

    def build(self, _: Shape) -> nn.Module:
        index = (*[slice(None)] * self.axis, slice(self.start, self.stop, self.step))
        return Do(lambda x: x[index])


@dataclass(frozen=True)
class Reduce(Op):
    kind: str = "mean"
    axes: tuple[int, ...] = (2, 3, 4)
    keep: bool = True

    @classmethod
    def draw(cls, dice: Dice, _shape: Shape) -> Op:
        return cls(dice.one("mean", "mean", "max", "sum"), dice.one((2, 3, 4), (3, 4), (2,), (1,), (1, 2), (2, 4)))

    def build(self, _: Shape) -> nn.Module:
        function = {"mean": torch.mean, "max": torch.amax, "sum": torch.sum}[self.kind]
        return Do(lambda x: function(x, self.axes, self.keep))


@dataclass(frozen=True)
class Permute(Op):
    order: tuple[int, ...] = (0, 1, 2, 3, 4)

    def build(self, _: Shape) -> nn.Module:
        return Do(lambda x: x.permute(self.order))


@dataclass(frozen=True)
class Shuffle(Op):
    """Channels of the groups interleaved, as ShuffleNet does."""

    groups: int = 1

    @classmethod
    def draw(cls, dice: Dice, shape: Shape) -> Op:
        return cls(dice.one(*(g for g in range(1, shape[1] + 1) if shape[1] % g == 0)))

    def build(self, shape: Shape) -> nn.Module:
        n, c, *rest = shape
        parts = (n, self.groups, c // self.groups, *rest)
        return Do(lambda x: x.reshape(parts).transpose(1, 2).reshape(shape))


@dataclass(frozen=True)
class Tokens(Op):
    """[N, C, T, H, W] to [N, T*H*W, C]."""

    def build(self, _: Shape) -> nn.Module:
        return Do(lambda x: x.flatten(2).transpose(1, 2))


@dataclass(frozen=True)
class Untokens(Op):
    """[N, T*H*W, C] to [N, C, T, H, W]."""

    sizes: tuple[int, ...] = (1, 1, 1)

    def build(self, shape: Shape) -> nn.Module:
        return Do(lambda x: x.transpose(1, 2).reshape(shape[0], shape[2], *self.sizes))


@dataclass(frozen=True)
class Linear(Op):
    """On the last axis."""

    out: int = 1
    bias: bool = False

    def build(self, shape: Shape) -> nn.Module:
        return nn.Linear(shape[-1], self.out, self.bias)


@dataclass(frozen=True)
class Flatten(Op):
    start: int = 1

    def build(self, _: Shape) -> nn.Module:
        return nn.Flatten(self.start)


@dataclass(frozen=True)
class Softmax(Op):
    axis: int = 1

    def build(self, _: Shape) -> nn.Module:
        return nn.Softmax(self.axis)
