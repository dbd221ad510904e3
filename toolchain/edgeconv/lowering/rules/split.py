"""Split."""

from __future__ import annotations

import numpy as np

from edgeconv.core.layout import Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule("Split")
def split(ctx: Context, node: Node) -> tuple[Value, ...]:
    """Before: Split(x, sizes). After: unit slices. Exact. Refuses: computed sizes."""
    x = node.input(0)
    axis = int(node.attributes.get("axis", 0)) % len(x.shape)
    given = node.attributes.get("split")
    if given is None:
        sizes_input = node.constant(1, "sizes")
        if sizes_input is None:
            whole = -(-x.shape[axis] // node.outputs)
            given = [min(whole, x.shape[axis] - i * whole) for i in range(node.outputs)]
        else:
            given = sizes_input.reshape(-1).tolist()
    starts = np.cumsum([0, *given])
    return tuple(ctx.slice(x, {axis: (int(s), int(n))}) for s, n in zip(starts, given, strict=False))
