"""What the operator families share: a graph under construction with deterministic names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from edgeconv.core.layout import Array
from edgeconv.tflite.graph import Graph, Op, Tensor

_NONNEGATIVE = frozenset({"RELU", "RELU6", "LOGISTIC", "SOFTMAX", "ABS", "EXP", "SQRT", "RSQRT"})
_KEEP_ALL = frozenset({"CONCATENATION", "ADD", "MAXIMUM"})
_KEEP_FIRST = frozenset({"RESHAPE", "TRANSPOSE", "STRIDED_SLICE", "PAD", "MAX_POOL_2D", "MEAN", "RESIZE_BILINEAR"})
"""Operators without negative results: whatever they read, if no input of theirs has any, if the first has none."""


@dataclass
class Emitter:
    graph: Graph = field(default_factory=Graph)
    _scope: str = "graph"
    _names: Counter[str] = field(default_factory=Counter)
    _makers: dict[str, Op] = field(default_factory=dict)

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
        self._makers[out] = self.graph.ops[-1]
        return out

    def nonnegative(self, tensor: str) -> bool:
        """No value below zero is possible, by the operators that made it."""
        data, op = self.data(tensor), self._makers.get(tensor)
        if data is not None:
            return bool((data >= 0).all())
        if op is None or op.kind in _NONNEGATIVE:
            return op is not None
        sources = op.inputs if op.kind in _KEEP_ALL else op.inputs[:1] if op.kind in _KEEP_FIRST else ()
        return bool(sources) and all(self.nonnegative(i) for i in sources)

    def shape(self, tensor: str) -> tuple[int, ...]:
        return self.graph.shape(tensor)

    def data(self, tensor: str) -> Array | None:
        """What a constant holds; None for a computed tensor."""
        return self.graph.tensors[tensor].data


def nonnegative_tensors(graph: Graph) -> frozenset[str]:
    """Computed tensors of a finished graph in which no value below zero is possible."""
    found: set[str] = set()
    for op in graph.ops:
        sources = op.inputs if op.kind in _KEEP_ALL else op.inputs[:1] if op.kind in _KEEP_FIRST else ()
        clipped = op.options.get("fusedActivationFunction") in ("RELU", "RELU6")
        if op.kind in _NONNEGATIVE or clipped or (sources and all(_at_least_zero(graph, found, i) for i in sources)):
            found.add(op.outputs[0])
    return frozenset(found)


def _at_least_zero(graph: Graph, found: set[str], name: str) -> bool:
    data, quant = graph.tensors[name].data, graph.tensors[name].quant
    zero = quant.zero_points[0] if quant else 0
    return name in found or (data is not None and bool((data >= zero).all()))
