"""Trilu."""

from __future__ import annotations

import numpy as np

from edgeconv.core.layout import Value, constant
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule("Trilu")
def trilu(ctx: Context, node: Node) -> Value:
    """Before: Trilu(x, k, upper) on [..., M, N]. After: x where a constant mask holds, else 0. Exact.

    Refuses: a diagonal computed at run time.
    """
    x, given = node.input(0), node.constant(1, "diagonal")
    k = 0 if given is None else int(given.reshape(-1)[0])
    above = np.arange(x.shape[-1]) - np.arange(x.shape[-2])[:, None]
    mask = above >= k if node.attributes.get("upper", 1) else above <= k
    return ctx.where(constant(mask), x, ctx.scalar(0))
