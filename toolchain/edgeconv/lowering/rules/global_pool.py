"""Global pools."""

from __future__ import annotations

from edgeconv.core.layout import Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule("GlobalAveragePool", "GlobalMaxPool")
def global_pool(ctx: Context, node: Node) -> Value:
    """Pool over all spatial axes.

    Before: GlobalAveragePool/GlobalMaxPool on [N, C, S1..Sn].
    After: one ReduceMean/ReduceMax over the collapsed axes, kept with size 1. Exact. Refuses nothing.
    """
    x = node.input(0)
    op = "ReduceMean" if node.op == "GlobalAveragePool" else "ReduceMax"
    return ctx.reduce(op, x, range(2, len(x.shape)), keepdims=True)
