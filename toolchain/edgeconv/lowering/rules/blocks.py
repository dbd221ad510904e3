"""DepthToSpace and SpaceToDepth."""

from __future__ import annotations

from edgeconv.core.layout import Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule("DepthToSpace", "SpaceToDepth")
def blocks(ctx: Context, node: Node) -> Value:
    """Before: DepthToSpace or SpaceToDepth on [N, C, H, W], mode DCR or CRD.

    After: dimensions split, permuted and merged; data moves only if an operator demands another order. Exact.
    Refuses nothing.
    """
    x = node.input(0)
    n, c, h, w = x.shape
    b = int(node.attributes["blocksize"])
    block_first = str(node.attributes.get("mode") or "DCR") == "DCR"
    if node.op == "SpaceToDepth":
        split = ctx.reshape(x, (n, c, h // b, b, w // b, b))
        perm = (0, 3, 5, 1, 2, 4) if block_first else (0, 1, 3, 5, 2, 4)
        return ctx.reshape(ctx.transpose(split, perm), (n, c * b * b, h // b, w // b))
    if block_first:
        split = ctx.transpose(ctx.reshape(x, (n, b, b, c // b**2, h, w)), (0, 3, 4, 1, 5, 2))
    else:
        split = ctx.transpose(ctx.reshape(x, (n, c // b**2, b, b, h, w)), (0, 1, 4, 2, 5, 3))
    return ctx.reshape(split, (n, c // b**2, h * b, w * b))
