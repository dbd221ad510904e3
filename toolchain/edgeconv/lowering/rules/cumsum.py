"""CumSum."""

from __future__ import annotations

import numpy as np

from edgeconv.core.layout import Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule("CumSum")
def cumsum(ctx: Context, node: Node) -> Value:
    """Before: CumSum(x, axis), exclusive and reverse too. After: a product with a triangular matrix of ones along the
    axis. Exact up to summation order. Refuses: an axis computed at run time.
    """
    x = node.input(0)
    axis = int(node.required(1, "axis").reshape(-1)[0]) % len(x.shape)
    ones = np.tri(x.shape[axis], k=-1 if node.attributes.get("exclusive") else 0, dtype=ctx.dtype)
    return ctx.mix(x, axis, ones.T.copy() if node.attributes.get("reverse") else ones)
