"""Where."""

from __future__ import annotations

from edgeconv.core.errors import Refused
from edgeconv.core.layout import Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule("Where")
def where(ctx: Context, node: Node) -> Value:
    """Before: Where(condition, a, b), a constant condition. After: the same with merged axes, rank <= 4. Exact.

    Refuses: a condition computed at run time (the device formats have no mask of their own).
    """
    condition = node.input(0)
    if condition.array is None:
        raise Refused("its condition is computed at run time", "use Max, Min or Clip, or a mask that is a constant")
    return ctx.where(condition, node.input(1), node.input(2))
