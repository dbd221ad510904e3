"""ScatterND."""

from __future__ import annotations

import itertools
import math

import numpy as np

from edgeconv.core.errors import Refused
from edgeconv.core.layout import Array, Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule
from edgeconv.lowering.rules.gather_nd import merged_rows


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
    rows, rest = merged_rows(x.shape, indices)
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
