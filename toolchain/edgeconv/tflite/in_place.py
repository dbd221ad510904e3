"""Keeps runtimes from writing over tensors that are still read.

TFLite's memory planner lets some operators write over their input. It makes sure that nothing else reads that input,
nor the tensor whose memory it lies in, but forgets the tensors between: in

    x = SUB(a, b); v = RESHAPE(x); y = MUL(v, c); z = ADD(x, d)

a, x, v and y come to share memory, so z reads y instead of x. Measured with tflite-runtime 2.14, TensorFlow 2.21 and
LiteRT 2.3, without a delegate; XNNPACK plans its own memory.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from edgeconv.tflite.graph import Graph, Op

_CHANGING = {"ADD": 2, "SUB": 2, "MUL": 2, "DIV": 2, "SOFTMAX": 1}
"""Operators that write over one of their first inputs, by how many of these come in question."""
_VIEWS = frozenset({"RESHAPE", "EXPAND_DIMS", "SQUEEZE", "BITCAST"})
"""Operators that leave their input where it is, as their output."""
_SCALAR_BYTES = 4


@dataclass(frozen=True)
class _Overwritten:
    """`victim` is read by the operator at `reader` after its memory was written over through its twin `view`."""

    view: str
    victim: str
    reader: int


def guard_in_place(graph: Graph) -> None:
    """Before: ops[reader] reads victim. After: it reads RESHAPE(view), a view of the same memory.

    With a second reader the view is no longer written over. Costs one view, moves no data.
    """
    while (found := _first_overwritten(graph)) is not None:
        victim = graph.tensors[found.victim]
        name = f"{found.victim}/kept"
        while name in graph.tensors:
            name += "+"
        kept = graph.add(replace(victim, name=name))
        shape = next((n for n, t in graph.tensors.items() if _is_shape(t.data, victim.shape)), None)
        if shape is None:
            shape = graph.add(
                replace(
                    victim,
                    name=f"{kept}/const",
                    shape=(len(victim.shape),),
                    dtype="int32",
                    data=np.array(victim.shape, np.int32),
                    quant=None,
                )
            )
        reader = graph.ops[found.reader]
        inputs = tuple(kept if i == found.victim else i for i in reader.inputs)
        view = Op("RESHAPE", (found.view, shape), (kept,), {"newShape": list(victim.shape)})
        graph.ops[found.reader : found.reader + 1] = [view, replace(reader, inputs=inputs)]


def _is_shape(data: object, shape: tuple[int, ...]) -> bool:
    return isinstance(data, np.ndarray) and data.dtype == np.int32 and data.ndim == 1 and tuple(data) == shape


def _first_overwritten(graph: Graph) -> _Overwritten | None:
    """Plan the memory as TFLite does (ArenaPlanner::IdentifyInPlaceTensors) and look for the first harm."""
    readers = Counter(i for op in graph.ops for i in op.inputs) + Counter([*graph.inputs, *graph.outputs])
    last_read = {i: at for at, op in enumerate(graph.ops) for i in op.inputs}
    home: dict[str, str] = {}
    for at, op in enumerate(graph.ops):
        source = _shared_input(graph, op, readers)
        if source is None:
            continue
        root = home.get(source, source)
        if op.kind in _CHANGING:
            if readers[root] > 1:
                continue
            twins = (t for t, h in home.items() if h == root and t != source)
            victim = next((t for t in twins if last_read.get(t, -1) > at), None)
            if victim is not None:
                return _Overwritten(source, victim, last_read[victim])
        home[op.outputs[0]] = root
    return None


def _shared_input(graph: Graph, op: Op, readers: Counter[str]) -> str | None:
    """The input in whose memory the output would lie."""
    if op.outputs[0] in graph.outputs:
        return None
    for name in op.inputs[: 1 if op.kind in _VIEWS else _CHANGING.get(op.kind, 0)]:
        if not name or graph.tensors[name].data is not None or name in graph.inputs:
            continue
        if op.kind in _VIEWS or (
            readers[name] <= 1 and _bytes(graph, name) == _bytes(graph, op.outputs[0]) > _SCALAR_BYTES
        ):
            return name
    return None


def _bytes(graph: Graph, name: str) -> int:
    tensor = graph.tensors[name]
    return math.prod(tensor.shape) * np.dtype(tensor.dtype).itemsize
