"""Concat."""

from __future__ import annotations

from edgeconv.core.layout import Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule("Concat")
def concat(ctx: Context, node: Node) -> Value:
    """Before: Concat of any number of tensors on any axis. After: one Concat in the memory order that moves least.

    Exact. Refuses nothing.
    """
    values = [node.input(i) for i in range(len(node.inputs))]
    return ctx.concat(values, int(node.attributes.get("axis", 1)) % len(values[0].shape))
