"""LpNormalization."""

from __future__ import annotations

import numpy as np

from edgeconv.core.errors import Refused
from edgeconv.core.layout import Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule("LpNormalization")
def lp_norm(ctx: Context, node: Node) -> Value:
    """Before: LpNormalization(x, axis, p), p = 1 or 2. After: x over its norm along one axis. Exact.

    From opset 22 on, where the norm is 0 the result is 0. Refuses: another p.
    """
    x = node.input(0)
    axis, p = int(node.attributes.get("axis", -1)) % len(x.shape), int(node.attributes.get("p", 2))
    if p == 1:
        norm = ctx.reduce("ReduceSum", ctx.unary("Abs", x), [axis], keepdims=True)
    elif p == 2:
        norm = ctx.unary("Sqrt", ctx.reduce("ReduceSum", ctx.binary("Mul", x, x), [axis], keepdims=True))
    else:
        raise Refused(f"p = {p}", "norms of p = 1 and 2 are lowered")
    if node.opset >= 22:
        norm = ctx.binary("Max", norm, ctx.scalar(float(np.finfo(np.float32).tiny)))
    return ctx.binary("Div", x, norm)
