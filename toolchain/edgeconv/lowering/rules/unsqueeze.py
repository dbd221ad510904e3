"""Unsqueeze."""

from __future__ import annotations

from edgeconv.core.layout import Value
from edgeconv.lowering.arguments import axes_of
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule("Unsqueeze")
def unsqueeze(_ctx: Context, node: Node) -> Value:
    """Before: Unsqueeze(x, axes). After: empty dimensions are put in. Exact. Refuses: computed axes."""
    x = node.input(0)
    axes = axes_of(node) or []
    rank = len(x.shape) + len(axes)
    new = {a % rank for a in axes}
    old = iter(x.dims)
    return x.with_dims(() if i in new else next(old) for i in range(rank))
