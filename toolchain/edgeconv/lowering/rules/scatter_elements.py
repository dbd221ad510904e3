"""ScatterElements."""

from __future__ import annotations

import math

from edgeconv.core.layout import Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule
from edgeconv.lowering.rules.gather_elements import element_places
from edgeconv.lowering.rules.scatter_nd import overwritten


@rule("ScatterElements", "Scatter")
def scatter_elements(ctx: Context, node: Node) -> Value:
    """Before: ScatterElements(x, indices, updates, axis, reduction), constant indices.

    After: as ScatterND, on the elements of the flat tensor. Exact.
    Refuses: computed indices; the same place twice with a reduction; more than 64 scattered runs.
    """
    x, indices, updates = node.input(0), node.required(1, "indices"), node.input(2)
    rows = element_places(x.shape, indices, int(node.attributes.get("axis", 0))).tolist()
    flat, new = ctx.reshape(x, (math.prod(x.shape),)), ctx.reshape(updates, (len(rows),))
    reduction = str(node.attributes.get("reduction") or "none")
    return ctx.reshape(overwritten(ctx, flat, rows, new, reduction), x.shape)
