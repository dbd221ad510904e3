"""Clip."""

from __future__ import annotations

import numpy as np

from edgeconv.core.layout import Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule("Clip")
def clip(ctx: Context, node: Node) -> Value:
    """Clip with constant bounds (attributes or inputs).

    Before: Clip(x, min, max). After: the same on the tensor as it lies. Exact. Refuses: computed bounds.
    """
    low, high = node.constant(1, "minimum"), node.constant(2, "maximum")
    bounds = {
        "min": float(low) if low is not None else float(node.attributes.get("min", -np.inf)),
        "max": float(high) if high is not None else float(node.attributes.get("max", np.inf)),
    }
    return ctx.unary("Clip", node.input(0), bounds)
