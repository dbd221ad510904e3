"""Expand."""

from __future__ import annotations

import numpy as np

from edgeconv.core.layout import Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule("Expand")
def expand(ctx: Context, node: Node) -> Value:
    """Before: Expand(x, shape). After: one rank <= 4 Expand per axis that grows. Exact. Refuses: a computed shape."""
    x = node.input(0)
    shape = [int(s) for s in node.required(1, "shape").reshape(-1)]
    return ctx.expand(x, np.broadcast_shapes(x.shape, tuple(shape)))
