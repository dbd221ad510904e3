"""Softmax and LogSoftmax."""

from __future__ import annotations

import math

from edgeconv.core.layout import Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule("Softmax", "LogSoftmax")
def softmax(ctx: Context, node: Node) -> Value:
    """Softmax or its logarithm over one axis, or (before opset 13) over all axes from one on.

    Before: Softmax(x, axis). After: Softmax over the last axis of a matrix. Exact. Refuses nothing.
    """
    x, log = node.input(0), node.op == "LogSoftmax"
    if node.opset >= 13:
        return ctx.softmax(x, int(node.attributes.get("axis", -1)) % len(x.shape), log)
    axis = int(node.attributes.get("axis", 1)) % len(x.shape)
    rows = ctx.reshape(x, (math.prod(x.shape[:axis]), math.prod(x.shape[axis:])))
    return ctx.reshape(ctx.softmax(rows, 1, log), x.shape)
