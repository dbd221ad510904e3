"""GlobalLpPool."""

from __future__ import annotations

from edgeconv.core.layout import Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.powers import power, root
from edgeconv.lowering.registry import Node, rule


@rule("GlobalLpPool")
def global_lp_pool(ctx: Context, node: Node) -> Value:
    """Before: GlobalLpPool(x, p) on [N, C, S1..Sn]. After: power, sum over the spatial axes, root. Exact.

    Refuses nothing.
    """
    x, p = node.input(0), int(node.attributes.get("p", 2))
    return root(ctx, ctx.reduce("ReduceSum", power(ctx, x, p), range(2, len(x.shape)), keepdims=True), p)
