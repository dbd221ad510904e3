"""What every operator of the vocabulary is: plain numbers that build a torch module.

A default is the plainest choice of a field: the reducer tries to get back to it.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import torch
from torch import nn

Shape = tuple[int, ...]
Triple = tuple[int, int, int]
T = TypeVar("T")
VOCABULARY: dict[str, type[Op]] = {}


class Dice(random.Random):
    """A seeded source of choices."""

    def one(self, *options: T) -> T:
        return options[self.randrange(len(options))]

    def chance(self, probability: float) -> bool:
        return self.random() < probability

    def triple(self, roll: Callable[[], int]) -> Triple:
        return roll(), roll(), roll()


@dataclass(frozen=True)
class Op:
    """One operator. Subclasses register themselves by name and draw themselves for given inputs."""

    def __init_subclass__(cls) -> None:
        VOCABULARY[cls.__name__] = cls

    @classmethod
    def draw(cls, dice: Dice, shape: Shape) -> Op:
        """Some operator of this kind that probably suits a first input [N, C, T, H, W]."""
        raise NotImplementedError

    def build(self, *shapes: Shape) -> nn.Module:
        """The module for inputs of these shapes; whatever does not fit raises."""
        raise NotImplementedError

    def module(self, seed: int, shapes: Sequence[Shape]) -> nn.Module:
        """The module in evaluation mode, its weights float32 numbers of the seed."""
        made = self.build(*shapes).eval()
        fill(made, np.random.default_rng(seed))
        return made

    def as_dict(self) -> dict[str, Any]:
        return {"name": type(self).__name__, **dataclasses.asdict(self)}


def op_from(given: dict[str, Any]) -> Op:
    fields = {k: tuple(v) if isinstance(v, list) else v for k, v in given.items() if k != "name"}
    return VOCABULARY[given["name"]](**fields)


class Do(nn.Module):
    """A function as a module."""

    def __init__(self, function: Callable[..., torch.Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        return self.function(*inputs)


def fill(module: nn.Module, generator: np.random.Generator) -> None:
    """Weights that keep the size of what flows through; statistics as after training."""
    for owner in module.modules():
        for name, tensor in [*owner.named_parameters(recurse=False), *owner.named_buffers(recurse=False)]:
            if not tensor.is_floating_point():
                continue
            low, high = -0.5, 0.5
            if tensor.ndim > 1:
                fan_in = tensor[0].numel() if not isinstance(owner, nn.ConvTranspose3d) else tensor[:, 0].numel()
                high = (3.0 / max(1, fan_in)) ** 0.5 * 1.2
                low = -high
            elif isinstance(owner, nn.PReLU):
                low, high = -0.2, 0.6
            elif name in ("weight", "running_var"):
                low, high = 0.6, 1.6
            numbers = generator.uniform(low, high, tuple(tensor.shape)).astype(np.float32)
            with torch.no_grad():
                tensor.copy_(torch.from_numpy(numbers))
