"""ScatterND."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from edgeconv.core.errors import Refused
from edgeconv.core.layout import Array, Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.moving import MOST_RUNS
from edgeconv.lowering.registry import Node, rule
from edgeconv.lowering.rules.gather_nd import merged_rows

REDUCTIONS = {"add": "Add", "mul": "Mul", "max": "Max", "min": "Min"}


@rule("ScatterND")
def scatter_nd(ctx: Context, node: Node) -> Value:
    """Constant places overwritten or added to: what exporters make of x[:, 1:] += y.

    Before: ScatterND(x, indices, updates, reduction), constant indices [..., k].
    After: the first k axes become one; in runs, either x or the updates are sliced, and all is concatenated. A
    reduction is an elementwise operator on the places that are overwritten. Of equal places the last wins. Exact.
    Refuses: computed indices; the same place twice with a reduction; more than 64 scattered runs.
    """
    x, indices, updates = node.input(0), node.required(1, "indices"), node.input(2)
    rows, rest = merged_rows(x.shape, indices)
    flat = ctx.reshape(x, (math.prod(x.shape[: indices.shape[-1]]), *rest))
    new = ctx.reshape(updates, (len(rows), *rest))
    reduction = str(node.attributes.get("reduction") or "none")
    return ctx.reshape(overwritten(ctx, flat, rows, new, reduction), x.shape)


def overwritten(ctx: Context, flat: Value, rows: Sequence[int], new: Value, reduction: str) -> Value:
    """`flat` with its rows at the given places replaced by (or joined with) those of `new`."""
    if not rows:
        return flat
    if reduction != "none":
        if len(set(rows)) < len(rows):
            raise Refused(f"the same place twice with reduction '{reduction}'", "add the updates up first")
        new = ctx.binary(REDUCTIONS[reduction], ctx.take(flat, 0, rows), new)
    count = flat.shape[0]
    source = np.arange(count)
    source[list(rows)] = count + np.arange(len(rows))
    if (source >= count).all():
        return ctx.take(new, 0, (source - count).tolist())
    pieces = []
    for first, size in _neighbours(source, count):
        kept = first < count
        pieces.append(ctx.slice(flat if kept else new, {0: (first if kept else first - count, size)}))
    return ctx.concat(pieces, 0)


def _neighbours(source: Array, count: int) -> list[tuple[int, int]]:
    """(start, size) of the runs of positions that follow each other in x (below count) or in the updates."""
    cuts = [0, *(np.flatnonzero((np.diff(source) != 1) | (source[1:] == count)) + 1).tolist(), len(source)]
    if len(cuts) > MOST_RUNS + 1:
        raise Refused(f"{len(cuts) - 1} scattered runs", "overwrite whole ranges")
    return [(int(source[a]), b - a) for a, b in itertools.pairwise(cuts)]
