"""Gather."""

from __future__ import annotations

from edgeconv.core.layout import Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule("Gather")
def gather(ctx: Context, node: Node) -> Value:
    """Constant indices along one axis.

    Before: Gather(x, indices, axis), constant indices of any rank. After: a unit slice where the indices are a run, a
    view and unit slice where they are evenly spaced, a concatenation of copies where they repeat, otherwise one slice
    per run and a Concat. Exact.
    Refuses: computed indices; more than 64 scattered runs.
    """
    x = node.input(0)
    axis = int(node.attributes.get("axis", 0)) % len(x.shape)
    indices = node.required(1, "indices")
    y = ctx.take(x, axis, [int(i) % x.shape[axis] for i in indices.reshape(-1)])
    return ctx.reshape(y, (*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :]))
