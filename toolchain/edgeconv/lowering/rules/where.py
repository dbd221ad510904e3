"""Where."""

from __future__ import annotations

import numpy as np

from edgeconv.core.errors import Refused
from edgeconv.core.layout import Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule("Where")
def where(ctx: Context, node: Node) -> Value:
    """Before: Where(condition, a, b), a constant condition. After: the same with merged axes, rank <= 4; a or b alone
    where the condition is the same everywhere. Exact.

    Refuses: a condition computed at run time (the device formats have no mask of their own).
    """
    condition = node.input(0)
    if condition.array is None:
        raise Refused("its condition is computed at run time", "use Max, Min or Clip, or a mask that is a constant")
    left, right = node.input(1), node.input(2)
    if condition.array.all() or not condition.array.any():
        shape = np.broadcast_shapes(condition.shape, left.shape, right.shape)
        return ctx.expand(left if condition.array.all() else right, shape)
    return ctx.where(condition, left, right)
