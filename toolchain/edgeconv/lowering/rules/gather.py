"""Positions picked or overwritten by constant indices: Gather and its relatives, ScatterND, Tile, Expand."""

from __future__ import annotations

import itertools
import math

import numpy as np

from edgeconv.core.errors import Refused
from edgeconv.core.layout import Array, Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule("Gather")
def gather(ctx: Context, node: Node) -> Value:
    """Constant indices along one axis.

    Before: Gather(x, indices, axis), constant indices of any rank. After: a unit slice where the indices are a run, a
    view and unit slice where they are evenly spaced, a concatenation of copies where they repeat, otherwise one slice
    per run and a Concat. Exact.
    Refuses: computed indices; more than 64 scattered runs.
    """
    x = node.input(0)
    axis = int(node.attributes.get("axis", 0)) % len(x.shape)
    indices = node.required(1, "indices")
    y = ctx.take(x, axis, [int(i) % x.shape[axis] for i in indices.reshape(-1)])
    return ctx.reshape(y, (*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :]))


@rule("GatherND")
def gather_nd(ctx: Context, node: Node) -> Value:
    """Before: GatherND(x, indices), constant indices [..., k], batch_dims = 0. After: the first k axes become one, and
    positions are picked along it. Exact. Refuses: computed indices; batch_dims > 0; more than 64 scattered runs.
    """
    x, indices = node.input(0), node.required(1, "indices")
    if node.attributes.get("batch_dims"):
        raise Refused("batch_dims > 0", "use Gather along one axis")
    rows, rest = _rows(x.shape, indices)
    y = ctx.take(ctx.reshape(x, (math.prod(x.shape[: indices.shape[-1]]), *rest)), 0, rows)
    return ctx.reshape(y, (*indices.shape[:-1], *rest))


@rule("ScatterND")
def scatter_nd(ctx: Context, node: Node) -> Value:
    """Constant places overwritten (or added to): what exporters make of x[:, 1:] += y.

    Before: ScatterND(x, indices, updates, reduction), constant indices [..., k], reduction none.
    After: the first k axes become one; behind it the updates are concatenated, and positions are picked from both, in
    runs: where a range was overwritten, slices and one Concat. Exact.
    Refuses: computed indices; a reduction; more than 64 scattered runs.
    """
    x, indices, updates = node.input(0), node.required(1, "indices"), node.input(2)
    if str(node.attributes.get("reduction") or "none") != "none":
        raise Refused("a reduction", "add with Add, multiply with Mul")
    rows, rest = _rows(x.shape, indices)
    if not rows:
        return x
    count = math.prod(x.shape[: indices.shape[-1]])
    source = np.arange(count)
    source[rows] = count + np.arange(len(rows))
    flat = ctx.reshape(x, (count, *rest))
    new = ctx.reshape(updates, (len(rows), *rest))
    if sorted(rows) == list(range(count)):
        return ctx.reshape(ctx.take(new, 0, (source - count).tolist()), x.shape)
    pieces = []
    for first, size in _neighbours(source, count):
        kept = first < count
        pieces.append(ctx.slice(flat if kept else new, {0: (first if kept else first - count, size)}))
    return ctx.reshape(ctx.concat(pieces, 0), x.shape)


def _neighbours(source: Array, count: int) -> list[tuple[int, int]]:
    """(start, size) of the runs of positions that follow each other in x (below count) or in the updates."""
    cuts = [0, *(np.flatnonzero((np.diff(source) != 1) | (source[1:] == count)) + 1).tolist(), len(source)]
    if len(cuts) > 65:
        raise Refused(f"{len(cuts) - 1} scattered runs", "overwrite whole ranges")
    return [(int(source[a]), b - a) for a, b in itertools.pairwise(cuts)]


def _rows(shape: tuple[int, ...], indices: Array) -> tuple[list[int], tuple[int, ...]]:
    """Rows of the merged first axes, and the shape of one row."""
    k = indices.shape[-1]
    wrapped = np.where(indices < 0, indices + np.array(shape[:k]), indices).reshape(-1, k)
    return np.ravel_multi_index(tuple(wrapped.T), shape[:k]).tolist() if k else [0], shape[k:]


@rule("Tile")
def tile(ctx: Context, node: Node) -> Value:
    """Before: Tile(x, repeats). After: a Concat of copies along every repeated axis. Exact.

    Refuses: computed repeats.
    """
    y = node.input(0)
    for axis, times in enumerate(node.required(1, "repeats").reshape(-1).tolist()):
        if times > 1:
            y = ctx.concat([y] * times, axis)
    return y


@rule("Expand")
def expand(ctx: Context, node: Node) -> Value:
    """Before: Expand(x, shape). After: one rank <= 4 Expand per axis that grows. Exact. Refuses: a computed shape."""
    x = node.input(0)
    shape = [int(s) for s in node.required(1, "shape").reshape(-1)]
    return ctx.expand(x, np.broadcast_shapes(x.shape, tuple(shape)))
