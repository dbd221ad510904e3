"""Transpose."""

from __future__ import annotations

from edgeconv.core.layout import Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule("Transpose")
def transpose(ctx: Context, node: Node) -> Value:
    """Before: Transpose(x, perm). After: dimensions permuted; data moves only if an operator demands another order.

    Exact. Refuses nothing.
    """
    x = node.input(0)
    return ctx.transpose(x, node.attributes.get("perm") or range(len(x.shape))[::-1])
