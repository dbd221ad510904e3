"""Reductions."""

from __future__ import annotations

from edgeconv.core.layout import Value
from edgeconv.lowering.arguments import axes_of
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule(
    "ReduceMean", "ReduceMax", "ReduceMin", "ReduceSum", "ReduceProd",
    "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp",
)  # fmt: skip
def reduce(ctx: Context, node: Node) -> Value:
    """Reduction over any axes.

    Before: ReduceX over any set of axes, as attribute (opset < 18) or constant input; keepdims 0 or 1.
    After: one reduction over runs of axes that lie together in memory; norms and logarithms as elementwise operators
    around a sum (the logarithm of a sum of exponentials after the maximum is taken off). Exact.
    Refuses: axes computed at run time.
    """
    x = node.input(0)
    rank, given = len(x.shape), axes_of(node)
    if not given and node.attributes.get("noop_with_empty_axes"):
        return x
    axes = [a % rank for a in given or range(rank)]
    return _reduced(ctx, node.op, x, axes, bool(node.attributes.get("keepdims", 1)))


def _reduced(ctx: Context, op: str, x: Value, axes: list[int], keep: bool) -> Value:
    if op == "ReduceL1":
        return ctx.reduce("ReduceSum", ctx.unary("Abs", x), axes, keep)
    if op in ("ReduceL2", "ReduceSumSquare"):
        total = ctx.reduce("ReduceSum", ctx.binary("Mul", x, x), axes, keep)
        return ctx.unary("Sqrt", total) if op == "ReduceL2" else total
    if op == "ReduceLogSum":
        return ctx.unary("Log", ctx.reduce("ReduceSum", x, axes, keep))
    if op == "ReduceLogSumExp":
        top = ctx.reduce("ReduceMax", x, axes, keepdims=True)
        total = ctx.reduce("ReduceSum", ctx.unary("Exp", ctx.binary("Sub", x, top)), axes, keepdims=True)
        y = ctx.binary("Add", ctx.unary("Log", total), top)
        return y if keep else y.with_dims(d for a, d in enumerate(y.dims) if a not in axes)
    return ctx.reduce(op, x, axes, keep)
