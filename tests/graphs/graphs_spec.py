"""A random graph as data: steps of the vocabulary on one clip, from JSON and back, and the torch module it means."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import graphs_attention  # noqa: F401  (each registers its operators)
import graphs_moves  # noqa: F401
import graphs_pointwise  # noqa: F401
import graphs_windows  # noqa: F401
import numpy as np
import numpy.typing as npt
import torch
from graphs_ops import Op, Shape, op_from
from torch import nn

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Step:
    """One operator on earlier values: value 0 is the clip, value i the result of step i - 1."""

    op: Op
    inputs: tuple[int, ...]
    seed: int = 0
    """Of its weights: they stay when other steps go."""


@dataclass(frozen=True)
class Spec:
    clip: Shape
    """[N, C, T, H, W]."""
    steps: tuple[Step, ...]
    outputs: tuple[int, ...]
    seed: int = 0
    """Of the clip."""
    layout: str = "NCTHW"
    """The order in which the model takes the clip; it permutes it itself. '?': NCTHW, but the lowering is not told."""

    @property
    def axes(self) -> str:
        return self.layout if self.layout != "?" else "NCTHW"

    def dumps(self) -> str:
        steps = [{"inputs": s.inputs, "seed": s.seed, "op": s.op.as_dict()} for s in self.steps]
        lines = ",\n  ".join(json.dumps(s) for s in steps)
        head = {"clip": self.clip, "outputs": self.outputs, "seed": self.seed, "layout": self.layout}
        return json.dumps(head)[:-1] + f', "steps": [\n  {lines}\n]}}\n'

    @classmethod
    def loads(cls, text: str) -> Spec:
        given = json.loads(text)
        steps = tuple(Step(op_from(s["op"]), tuple(s["inputs"]), s["seed"]) for s in given["steps"])
        return cls(tuple(given["clip"]), steps, tuple(given["outputs"]), given["seed"], given["layout"])

    def pruned(self) -> Spec:
        """Without the steps that no output needs."""
        needed = set(self.outputs)
        for value in range(len(self.steps), 0, -1):
            if value in needed:
                needed |= set(self.steps[value - 1].inputs)
        kept = [v for v in range(1, len(self.steps) + 1) if v in needed]
        number = {0: 0} | {v: i for i, v in enumerate(kept, 1)}
        steps = (self.steps[v - 1] for v in kept)
        return replace(
            self,
            steps=tuple(replace(s, inputs=tuple(number[i] for i in s.inputs)) for s in steps),
            outputs=tuple(number[o] for o in self.outputs),
        )


def clip_of(spec: Spec) -> Array:
    """A clip [N, C, T, H, W], float32, that grows along every axis: reversed or shifted, it shows."""
    shape = spec.clip
    ramps = np.meshgrid(*(np.linspace(-0.5, 0.5, n) if n > 1 else np.zeros(1) for n in shape), indexing="ij")
    slope = sum((1.0 + 0.3 * axis) * ramp for axis, ramp in enumerate(ramps))
    return (np.random.default_rng(spec.seed).normal(0, 1, shape) + slope).astype(np.float32)


class Network(nn.Module):
    """The module of a graph. Built by running it once, so that every step knows its shapes.

    Raises:
        whatever torch raises where the steps do not fit together.
    """

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        self.spec = spec
        self.steps = nn.ModuleList()
        self.values = [torch.from_numpy(clip_of(spec)).double()]
        """In float64, of the spec's own clip."""
        for step in spec.steps:
            inputs = [self.values[i] for i in step.inputs]
            made = step.op.module(step.seed, [tuple(i.shape) for i in inputs]).double()
            with torch.no_grad():
                self.values.append(made(*inputs))
            self.steps.append(made)
        self.float()

    def forward(self, clip: torch.Tensor) -> tuple[torch.Tensor, ...]:
        if self.spec.axes != "NCTHW":
            clip = clip.permute([self.spec.axes.index(a) for a in "NCTHW"])
        values = [clip]
        for step, module in zip(self.spec.steps, self.steps, strict=True):
            values.append(module(*(values[i] for i in step.inputs)))
        return tuple(values[o] for o in self.spec.outputs)

    def feed(self) -> Array:
        """The clip as the model takes it."""
        return np.ascontiguousarray(clip_of(self.spec).transpose(["NCTHW".index(a) for a in self.spec.axes]))

    def expected(self) -> list[Array]:
        """The outputs, float64."""
        return [self.values[o].numpy() for o in self.spec.outputs]
