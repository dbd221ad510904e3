"""Norms, activations, and arithmetic of two tensors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from graphs_ops import Dice, Do, Op, Shape
from torch import nn


@dataclass(frozen=True)
class BatchNorm(Op):
    eps: float = 1e-5

    @classmethod
    def draw(cls, dice: Dice, _shape: Shape) -> Op:
        return cls(dice.one(1e-5, 1e-3))

    def build(self, shape: Shape) -> nn.Module:
        return nn.BatchNorm3d(shape[1], self.eps)


@dataclass(frozen=True)
class InstanceNorm(Op):
    affine: bool = False
    eps: float = 1e-5

    @classmethod
    def draw(cls, dice: Dice, _shape: Shape) -> Op:
        return cls(dice.chance(0.5), dice.one(1e-5, 0.1))

    def build(self, shape: Shape) -> nn.Module:
        return nn.InstanceNorm3d(shape[1], self.eps, affine=self.affine)


@dataclass(frozen=True)
class GroupNorm(Op):
    groups: int = 1
    eps: float = 1e-5

    @classmethod
    def draw(cls, dice: Dice, shape: Shape) -> Op:
        return cls(dice.one(*(g for g in range(1, shape[1] + 1) if shape[1] % g == 0)), dice.one(1e-5, 0.1))

    def build(self, shape: Shape) -> nn.Module:
        return nn.GroupNorm(self.groups, shape[1], self.eps)


@dataclass(frozen=True)
class LayerNorm(Op):
    """Over the last axis."""

    eps: float = 1e-5

    @classmethod
    def draw(cls, dice: Dice, _shape: Shape) -> Op:
        return cls(dice.one(1e-5, 0.1, 0.1))

    def build(self, shape: Shape) -> nn.Module:
        return nn.LayerNorm(shape[-1], self.eps)


_ACTIVATIONS: dict[str, Callable[[int], nn.Module]] = {
    "relu": lambda _: nn.ReLU(),
    "leaky": lambda _: nn.LeakyReLU(0.2),
    "prelu": nn.PReLU,
    "prelu_shared": lambda _: nn.PReLU(),
    "silu": lambda _: nn.SiLU(),
    "sigmoid": lambda _: nn.Sigmoid(),
    "hardswish": lambda _: nn.Hardswish(),
    "hardsigmoid": lambda _: nn.Hardsigmoid(),
    "gelu": lambda _: nn.GELU(),
    "gelu_tanh": lambda _: nn.GELU("tanh"),
    "tanh": lambda _: nn.Tanh(),
    "softplus": lambda _: nn.Softplus(),
    "relu6": lambda _: nn.ReLU6(),
    "clip": lambda _: Do(lambda x: x.clamp(-0.7, 1.3)),
    "abs": lambda _: Do(torch.abs),
    "square": lambda _: Do(lambda x: x * x),
}


@dataclass(frozen=True)
class Activation(Op):
    kind: str = "relu"

    @classmethod
    def draw(cls, dice: Dice, _shape: Shape) -> Op:
        return cls(dice.one("relu", "relu", "relu", *_ACTIVATIONS))

    def build(self, shape: Shape) -> nn.Module:
        return _ACTIVATIONS[self.kind](shape[1])


_BINARY: dict[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "max": torch.maximum,
    "min": torch.minimum,
}


@dataclass(frozen=True)
class Binary(Op):
    """Of two tensors, with broadcasting."""

    kind: str = "add"

    @classmethod
    def draw(cls, dice: Dice, _shape: Shape) -> Op:
        return cls(dice.one("add", "add", "add", *_BINARY))

    def build(self, *_: Shape) -> nn.Module:
        return Do(_BINARY[self.kind])


@dataclass(frozen=True)
class Learned(Op):
    """Arithmetic with a learned tensor that has the given axes of the clip, 1 elsewhere (position, scale, bias)."""

    kind: str = "add"
    axes: str = ""

    @classmethod
    def draw(cls, dice: Dice, _shape: Shape) -> Op:
        return cls(dice.one("add", "mul", "sub", "max"), dice.one("", "C", "C", "CT", "T", "HW", "THW", "CTHW", "CH"))

    def build(self, shape: Shape) -> nn.Module:
        return _WithLearned(self.kind, tuple(s if a in self.axes else 1 for a, s in zip("NCTHW", shape, strict=True)))


class _WithLearned(nn.Module):
    def __init__(self, kind: str, shape: Shape) -> None:
        super().__init__()
        self.function = _BINARY[kind]
        self.learned = nn.Parameter(torch.zeros(shape))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.function(x, self.learned)


@dataclass(frozen=True)
class Concat(Op):
    axis: int = 1

    @classmethod
    def draw(cls, dice: Dice, _shape: Shape) -> Op:
        return cls(dice.one(1, 1, 1, 2, 2, 3, 4))

    def build(self, *_: Shape) -> nn.Module:
        return Do(lambda *inputs: torch.cat(inputs, self.axis))
