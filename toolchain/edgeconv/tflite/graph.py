"""A TFLite graph before it is written: tensors by name, operators in execution order."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from edgeconv.core.layout import Array


@dataclass(frozen=True)
class Quant:
    """Affine quantization: real = scale * (q - zero_point), per tensor or along `axis`."""

    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    axis: int = 0


@dataclass(frozen=True)
class Tensor:
    name: str
    shape: tuple[int, ...]
    dtype: str = "float32"
    data: Array | None = None
    quant: Quant | None = None


@dataclass(frozen=True)
class Op:
    """One operator: its builtin name, tensors by name ('' for a left-out input) and options by schema attribute."""

    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    options: dict[str, Any] = field(default_factory=dict)


@dataclass
class Graph:
    tensors: dict[str, Tensor] = field(default_factory=dict)
    ops: list[Op] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    ports: dict[str, str] = field(default_factory=dict)
    """Public name of an input or output, by tensor."""

    def add(self, tensor: Tensor) -> str:
        assert tensor.name not in self.tensors, tensor.name
        self.tensors[tensor.name] = tensor
        return tensor.name

    def shape(self, name: str) -> tuple[int, ...]:
        return self.tensors[name].shape

    def users(self) -> dict[str, list[Op]]:
        table: dict[str, list[Op]] = {}
        for op in self.ops:
            for name in op.inputs:
                table.setdefault(name, []).append(op)
        return table

    def renamed(self, ops: list[Op], names: dict[str, str]) -> None:
        """Replace the operators, reading every tensor under its new name."""
        self.ops = [replace(op, inputs=tuple(names.get(i, i) for i in op.inputs)) for op in ops]

    def prune(self) -> None:
        """Drop operators and tensors that no output needs."""
        needed = set(self.outputs)
        kept: list[Op] = []
        for op in reversed(self.ops):
            if needed & set(op.outputs):
                kept.append(op)
                needed |= set(op.inputs)
        self.ops = kept[::-1]
        needed |= set(self.inputs) | {o for op in self.ops for o in op.outputs}
        self.tensors = {n: t for n, t in self.tensors.items() if n in needed}

    @property
    def weight_bytes(self) -> int:
        return int(sum(np.asarray(t.data).nbytes for t in self.tensors.values() if t.data is not None))
