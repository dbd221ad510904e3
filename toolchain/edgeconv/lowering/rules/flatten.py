"""Flatten."""

from __future__ import annotations

import math

from edgeconv.core.layout import Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule("Flatten")
def flatten(ctx: Context, node: Node) -> Value:
    """Before: Flatten(x, axis). After: two groups of atoms. Exact. Refuses nothing."""
    x = node.input(0)
    axis = int(node.attributes.get("axis", 1))
    axis += len(x.shape) if axis < 0 else 0
    return ctx.reshape(x, [math.prod(x.shape[:axis]), math.prod(x.shape[axis:])])
