"""Operators that only move values: picking and repeating positions, interleaving, expanding."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from edgeconv.core.errors import Refused
from edgeconv.core.layout import Atoms, Value, constant, fresh, size_of
from edgeconv.lowering import joining

if TYPE_CHECKING:
    from edgeconv.lowering.context import Context

MOST_RUNS = 64
"""More scattered runs than this would make a graph nobody wants to run."""


def take(ctx: Context, value: Value, axis: int, indices: Sequence[int]) -> Value:
    """Positions along one axis in the given order.

    Evenly spaced ones become a view and a slice, equal neighbours a repetition, anything else one slice per run.

    Raises:
        Refused: more than 64 runs.
    """
    picks = [int(i) for i in indices]
    if value.array is not None:
        return constant(np.take(value.array, picks, axis))
    steps = set(np.diff(picks).tolist())
    if len(picks) == 1 or (len(steps) == 1 and min(steps) > 0):
        return ctx.select(value, axis, picks[0], len(picks), steps.pop() if steps else 1)
    times = _repeats(picks)
    if times > 1:
        return repeat(ctx, take(ctx, value, axis, picks[::times]), axis, times)
    runs = _runs(picks)
    if len(runs) > MOST_RUNS:
        raise Refused(f"{len(picks)} scattered indices", "gather on the host, or use evenly spaced indices")
    return ctx.concat([ctx.slice(value, {axis: (first, size)}) for first, size in runs], axis)


def _repeats(picks: Sequence[int]) -> int:
    """How often each index stands in a row, if all stand equally often."""
    lengths = {len(list(group)) for _, group in itertools.groupby(picks)}
    return lengths.pop() if len(lengths) == 1 else 1


def _runs(picks: Sequence[int]) -> list[tuple[int, int]]:
    """(start, size) of the longest runs of neighbours."""
    runs: list[tuple[int, int]] = []
    for i in picks:
        if runs and i == sum(runs[-1]):
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((i, 1))
    return runs


def repeat(ctx: Context, value: Value, axis: int, times: int) -> Value:
    """Every position `times` times in a row."""
    return interleave(ctx, [value] * times, axis)


def interleave(ctx: Context, pieces: Sequence[Value], axis: int) -> Value:
    """Positions of the pieces in turn along `axis`: the first of each, the second of each, ..."""
    if len(pieces) == 1:
        return pieces[0]
    split = [p.with_dims((*p.dims[: axis + 1], (), *p.dims[axis + 1 :])) for p in pieces]
    joined = joining.concat(ctx, split, axis + 1, behind=axis)
    merged = (*joined.dim(axis), *joined.dim(axis + 1))
    return joined.with_dims((*joined.dims[:axis], merged, *joined.dims[axis + 2 :]))


def expand(ctx: Context, value: Value, shape: Sequence[int]) -> Value:
    """Broadcast to `shape` (numpy rules), with all values really there."""
    value = value.with_dims([()] * (len(shape) - len(value.dims)) + list(value.dims))
    if value.array is not None:
        return constant(np.broadcast_to(value.array, shape))
    grown = [a for a, size in enumerate(shape) if value.shape[a] != size]
    for axis in grown:
        order = ctx.order(value)
        at = ctx.place(value, axis, order)
        new = fresh(shape[axis])
        pieces: list[Atoms] = [order[:at], (), order[at:]]
        groups = [g for i, g in enumerate(pieces) if g or i == 1]
        tensor = ctx.views.get(value, groups)
        out = [g or new for g in groups]
        made = ctx.backend.expand(tensor, tuple(size_of(g) for g in out))
        value = ctx.wrap(made, out, [new if a == axis else d for a, d in enumerate(value.dims)])
    return value
