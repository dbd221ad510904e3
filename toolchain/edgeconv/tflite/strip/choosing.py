"""How gaps are cleared, decided by what whole strip graphs cost: counted, not timed: equal inputs give equal files."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from edgeconv.tflite.graph import Graph, Op
from edgeconv.tflite.strip.forms import Choice, Rezero

_ARITHMETIC = {"CONV_2D": 1 / 64, "DEPTHWISE_CONV_2D": 16 / 64}
"""Elements that are moved in the time of a multiply-accumulate, after Vela 5.2's estimates for Ethos-U55-256 and
U65-256: about 4 elements or 256 multiply-accumulates a cycle, a sixteenth of these in a depthwise convolution.
"""
_WORTH = 0.99
"""A mixture is taken where it costs less than this part of the best so far: the count is no finer."""

Made = TypeVar("Made")


def cheapest(fold: Callable[[Choice], Made], graph: Callable[[Made], Graph], sizes: Sequence[int]) -> Made:
    """All cut or all masked, whichever costs less; then each size of frame, the largest first, the other way where
    that is worth it.
    """
    starts = [dict.fromkeys(sizes, way) for way in (Rezero.CUT, Rezero.MASK)]
    tried = [(fold(choice), choice) for choice in starts]
    best, choice = min(tried, key=lambda t: cost(graph(t[0])))
    for size in sizes:
        other = {**choice, size: Rezero.MASK if choice[size] is Rezero.CUT else Rezero.CUT}
        made = fold(other)
        if cost(graph(made)) < _WORTH * cost(graph(best)):
            best, choice = made, other
    return best


def cost(graph: Graph) -> float:
    """Elements that are read and written, or multiply-accumulates where these take longer. Views are free, and so is a
    cut that is only padded anew, which compilers make one copy of.
    """
    users = graph.users()
    return sum(_cost(graph, users, op) for op in graph.ops)


def _cost(graph: Graph, users: Mapping[str, list[Op]], op: Op) -> float:
    made = math.prod(graph.shape(op.outputs[0]))
    if op.kind == "RESHAPE":
        return 0
    if op.kind == "STRIDED_SLICE":
        readers = [reader.kind for reader in _readers(users, op.outputs[0])]
        return 0 if readers and set(readers) == {"PAD"} else 2 * made
    moved = made + sum(math.prod(graph.shape(i)) for i in op.inputs if i and graph.tensors[i].data is None)
    if op.kind not in _ARITHMETIC:
        return moved
    window = graph.shape(op.inputs[1])
    macs = made * math.prod(window[1:] if op.kind == "CONV_2D" else window[1:3])
    return max(moved, macs * _ARITHMETIC[op.kind])


def _readers(users: Mapping[str, list[Op]], name: str) -> Iterator[Op]:
    for op in users.get(name, []):
        if op.kind == "RESHAPE":
            yield from _readers(users, op.outputs[0])
        else:
            yield op
