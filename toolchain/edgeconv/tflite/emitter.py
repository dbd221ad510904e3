"""What the operator families share: a graph under construction with deterministic names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from edgeconv.core.layout import Array
from edgeconv.tflite.graph import Graph, Op, Tensor


@dataclass
class Emitter:
    graph: Graph = field(default_factory=Graph)
    _scope: str = "graph"
    _names: Counter[str] = field(default_factory=Counter)

    def scope(self, name: str) -> None:
        self._scope = name

    def name(self, kind: str) -> str:
        base = f"{self._scope}/{kind}"
        self._names[base] += 1
        return base if self._names[base] == 1 else f"{base}_{self._names[base]}"

    def constant(self, array: Array) -> str:
        array = np.ascontiguousarray(array)
        return self.graph.add(Tensor(self.name("const"), array.shape, array.dtype.name, array))

    def ints(self, values: Sequence[int] | Sequence[Sequence[int]]) -> str:
        return self.constant(np.array(values, np.int32))

    def number(self, value: float) -> str:
        """A constant [1], which broadcasts."""
        return self.constant(np.array([value], np.float32))

    def emit(self, kind: str, inputs: Sequence[str], shape: Sequence[int], **options: Any) -> str:
        """Append one operator with one float32 output of the given shape."""
        return self._append(kind, inputs, shape, "float32", options)

    def emit_bool(self, kind: str, inputs: Sequence[str], shape: Sequence[int]) -> str:
        """Append a comparison."""
        return self._append(kind, inputs, shape, "bool", {})

    def _append(
        self, kind: str, inputs: Sequence[str], shape: Sequence[int], dtype: str, options: dict[str, Any]
    ) -> str:
        out = self.graph.add(Tensor(self.name(kind), tuple(int(s) for s in shape), dtype))
        self.graph.ops.append(Op(kind, tuple(inputs), (out,), options))
        return out

    def shape(self, tensor: str) -> tuple[int, ...]:
        return self.graph.shape(tensor)

    def data(self, tensor: str) -> Array | None:
        """What a constant holds; None for a computed tensor."""
        return self.graph.tensors[tensor].data
