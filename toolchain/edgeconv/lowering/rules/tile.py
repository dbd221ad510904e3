"""Tile."""

from __future__ import annotations

from edgeconv.core.layout import Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


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
