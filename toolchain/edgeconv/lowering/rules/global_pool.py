"""Global pools and reductions."""

from __future__ import annotations

import numpy as np

from edgeconv.core.layout import Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule("GlobalAveragePool", "GlobalMaxPool")
def global_pool(ctx: Context, node: Node) -> Value:
    """Pool over all spatial axes.

    Before: GlobalAveragePool/GlobalMaxPool on [N, C, S1..Sn].
    After: one ReduceMean/ReduceMax over the collapsed axes, kept with size 1. Exact. Refuses nothing.
    """
    x = node.input(0)
    op = "ReduceMean" if node.op == "GlobalAveragePool" else "ReduceMax"
    return ctx.reduce(op, x, range(2, len(x.shape)), keepdims=True)


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
    given = node.attributes.get("axes")
    if given is None:
        axes_input = node.constant(1, "axes")
        given = None if axes_input is None else axes_input.reshape(-1).tolist()
    rank = len(x.shape)
    if given is None or not len(given):
        if node.attributes.get("noop_with_empty_axes"):
            return x
        given = range(rank)
    axes = [int(a) % rank for a in given]
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


@rule("CumSum")
def cumsum(ctx: Context, node: Node) -> Value:
    """Before: CumSum(x, axis), exclusive and reverse too. After: a product with a triangular matrix of ones along the
    axis. Exact up to summation order. Refuses: an axis computed at run time.
    """
    x = node.input(0)
    axis = int(node.required(1, "axis").reshape(-1)[0]) % len(x.shape)
    ones = np.tri(x.shape[axis], k=-1 if node.attributes.get("exclusive") else 0, dtype=ctx.dtype)
    return ctx.mix(x, axis, ones.T.copy() if node.attributes.get("reverse") else ones)
