"""MeanVarianceNormalization."""

from __future__ import annotations

from edgeconv.core.layout import Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule("MeanVarianceNormalization")
def mean_variance_norm(ctx: Context, node: Node) -> Value:
    """Before: MeanVarianceNormalization(x, axes). After: (x - mean) / (deviation + 1e-9). Exact. Refuses nothing."""
    x = node.input(0)
    axes = [int(a) % len(x.shape) for a in node.attributes.get("axes") or (0, 2, 3)]
    rest = ctx.binary("Sub", x, ctx.reduce("ReduceMean", x, axes, keepdims=True))
    power = ctx.reduce("ReduceMean", ctx.binary("Mul", rest, rest), axes, keepdims=True)
    return ctx.binary("Div", rest, ctx.binary("Add", ctx.unary("Sqrt", power), ctx.scalar(1e-9)))
