"""Reshape."""

from __future__ import annotations

import math

from edgeconv.core.layout import Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule("Reshape")
def reshape(ctx: Context, node: Node) -> Value:
    """Before: Reshape(x, shape) with 0 and -1. After: atoms regrouped; nothing is emitted until an operator asks.

    Exact. Refuses: a shape computed at run time.
    """
    x = node.input(0)
    given = [int(s) for s in node.required(1, "shape").reshape(-1)]
    if not node.attributes.get("allowzero"):
        given = [x.shape[i] if s == 0 else s for i, s in enumerate(given)]
    known = math.prod(s for s in given if s != -1)
    return ctx.reshape(x, [math.prod(x.shape) // known if s == -1 else s for s in given])
