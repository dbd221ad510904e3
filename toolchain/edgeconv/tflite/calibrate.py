"""From what calibration saw of a tensor to the range it is quantized over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from edgeconv.tflite.graph import Graph, Op

MOVERS = ("RESHAPE", "TRANSPOSE", "STRIDED_SLICE", "PAD", "CONCATENATION")
"""Their outputs are distributed like their inputs, so their range need not be measured (a max pool's is not: it picks
the large values, and its own histogram tells where clipping begins to hurt)."""
LEVELS = 255
STEPS = 48
"""Candidates per side: the bound shrunk to 1, 47/48, ... of itself."""


class Seen(Protocol):
    """What calibration saw of one tensor."""

    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...
    @property
    def counts(self) -> Sequence[int]:
        """Histogram in equal bins over [low, high]."""


def chosen_ranges(graph: Graph, seen: Mapping[str, Seen]) -> dict[str, tuple[float, float]]:
    """The range that each measured tensor is quantized over: that of the smallest error, except

    - outputs, and squares that are averaged: all that was seen (a clipped square makes every variance too small);
    - what a root or a quotient is taken of: all that was seen, from its true smallest value on;
    - reciprocal roots: the smallest relative error, because they are multiplied with what they are the size of.
    """
    made = {op.outputs[0]: op for op in graph.ops}
    whole = set(graph.outputs)
    for op in graph.ops:
        if op.kind in ("RSQRT", "SQRT", "DIV"):
            whole |= set(op.inputs)
        maker = made.get(op.inputs[0])
        if op.kind in ("MEAN", "SUM") and maker is not None and maker.kind == "MUL" and len(set(maker.inputs)) == 1:
            whole.add(op.inputs[0])
    ranges = {n: (s.low, s.high) if n in whole else clipped_range(s.low, s.high, s.counts) for n, s in seen.items()}
    bounds: dict[str, float] = {}
    for op in graph.ops:
        of = seen.get(op.inputs[0])
        if op.kind == "RSQRT" and of is not None:
            bounds[op.outputs[0]] = reciprocal_root_bound(of)
        factor = graph.tensors[op.inputs[-1]].data if op.kind == "MUL" and op.inputs[0] in bounds else None
        if factor is not None:  # the scale of a norm
            bounds[op.outputs[0]] = bounds[op.inputs[0]] * float(np.abs(factor).max())
    return {
        n: (max(low, -bounds.get(n, np.inf)), min(high, bounds.get(n, np.inf))) for n, (low, high) in ranges.items()
    }


def reciprocal_root_bound(of: Seen) -> float:
    """Upper end of the range of 1 / sqrt(x) with the smallest mean squared relative error.

    The x of a dead channel is next to 0, and its reciprocal root, a hundred times that of the others, would take all
    the steps. What int8 can hardly tell from 0 counts little.
    """
    if not of.counts or of.low < 0 or not np.isfinite(of.high) or of.high <= 0:
        return float("inf")
    width = (of.high - of.low) / len(of.counts)
    floors = of.low + width * np.arange(len(of.counts))
    roots = (floors + width / 2) ** -0.5
    weights = np.asarray(of.counts, np.float64) * floors / (floors + of.high / LEVELS)
    bounds = np.geomspace(of.high**-0.5, max(of.low, of.high / LEVELS) ** -0.5, 4 * STEPS)[:, None]
    relative = np.where(roots > bounds, (1 - bounds / roots) ** 2, (bounds / LEVELS / roots) ** 2 / 12)
    return float(bounds[int(np.argmin((weights * relative).sum(1))), 0])


def measured_tensors(graph: Graph) -> tuple[str, ...]:
    """The computed tensors whose values must be looked at; the range of the others follows from theirs."""
    follows = {op.outputs[0] for op in graph.ops if _follows(graph, op)} - set(graph.outputs)
    floats = (n for n, t in graph.tensors.items() if t.data is None and t.dtype == "float32")
    return tuple(n for n in floats if n not in follows)


def complete_ranges(graph: Graph, ranges: Mapping[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """Ranges of all computed tensors from those of the measured ones."""
    full = dict(ranges)
    for op in graph.ops:
        if op.outputs[0] not in full and _follows(graph, op):
            known = [full[i] for i in op.inputs if i in full]
            full[op.outputs[0]] = min(low for low, _ in known), max(high for _, high in known)
    return full


def _follows(graph: Graph, op: Op) -> bool:
    data = op.inputs if op.kind == "CONCATENATION" else op.inputs[:1]
    return op.kind in MOVERS and all(graph.tensors[i].data is None for i in data)


def clipped_range(low: float, high: float, counts: Sequence[int]) -> tuple[float, float]:
    """The range with the smallest expected squared error under int8, never wider than what was seen.

    Inside, the error of a step s is s^2 / 12; outside, it is the squared distance to the bound. With few, far
    outliers the smaller step gains more than clipping them costs: on seeded ECO-Lite the cosine of the logits rose
    from 0.977 to 0.986 against plain minimum and maximum.

    Args:
        low, high: true smallest and largest value.
        counts: histogram in equal bins over [low, high]; without one the true range is kept.
    """
    if not counts or not np.isfinite([low, high]).all():
        return low, high
    width = (high - low) / len(counts)
    centres = low + width * (np.arange(len(counts)) + 0.5)
    weights = np.asarray(counts, np.float64) / max(1, sum(counts))
    factors = np.arange(STEPS, 0, -1) / STEPS
    lows = factors * low if low < 0 else np.zeros(1)
    highs = factors * high if high > 0 else np.zeros(1)
    below = (weights * np.clip(lows[:, None] - centres, 0, None) ** 2).sum(1)
    above = (weights * np.clip(centres - highs[:, None], 0, None) ** 2).sum(1)
    step = (highs[None, :] - lows[:, None]) / LEVELS
    error = below[:, None] + above[None, :] + step**2 / 12
    at = np.unravel_index(int(np.argmin(error)), error.shape)
    return float(lows[at[0]]), float(highs[at[1]])
