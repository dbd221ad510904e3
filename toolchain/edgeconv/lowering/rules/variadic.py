"""Sum and Mean of many tensors."""

from __future__ import annotations

from edgeconv.core.layout import Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule("Sum", "Mean")
def variadic(ctx: Context, node: Node) -> Value:
    """Sum or mean of any number of tensors. Before: Sum(a, b, ...). After: a chain of Add, for a mean one Mul. Exact.

    Refuses nothing.
    """
    total = node.input(0)
    for i in range(1, len(node.inputs)):
        total = ctx.binary("Add", total, node.input(i))
    return (
        total
        if node.op == "Sum" or len(node.inputs) == 1
        else ctx.binary("Mul", total, ctx.scalar(1 / len(node.inputs)))
    )
