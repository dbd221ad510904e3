"""Gemm."""

from __future__ import annotations

import numpy as np

from edgeconv.core.layout import Value, constant
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule
from edgeconv.lowering.rules.matmul import product


@rule("Gemm")
def gemm(ctx: Context, node: Node) -> Value:
    """Before: alpha * A' B' + beta * C, constant C. After: one dense layer.

    The memory order of A's features is folded into the rows of B, so a Flatten before it moves no data. Exact.
    transA is a view. A computed B becomes a product of two tensors, and C is added to it.
    Refuses: a computed C.
    """
    x, second = node.input(0), node.input(1)
    if node.attributes.get("transA"):
        x = ctx.transpose(x, (1, 0))
    weight = second.array
    if weight is None:
        return _computed_gemm(ctx, node, x, second)
    if node.attributes.get("transB"):
        weight = weight.T
    bias = node.constant(2, "bias")
    weight = weight * weight.dtype.type(node.attributes.get("alpha", 1.0))
    if bias is not None:
        bias = bias * bias.dtype.type(node.attributes.get("beta", 1.0))
        if bias.ndim == 2 and bias.shape[0] > 1:
            return ctx.binary("Add", ctx.dense(x, weight, None), constant(bias))
        bias = np.broadcast_to(bias.reshape(-1), (weight.shape[1],)).copy()
    return ctx.dense(x, weight, bias)


def _computed_gemm(ctx: Context, node: Node, x: Value, second: Value) -> Value:
    if node.attributes.get("transB"):
        second = ctx.transpose(second, (1, 0))
    y, bias = product(ctx, x, second), node.constant(2, "bias")
    alpha, beta = (float(node.attributes.get(k, 1.0)) for k in ("alpha", "beta"))
    if alpha != 1:
        y = ctx.binary("Mul", y, ctx.scalar(alpha))
    return y if bias is None else ctx.binary("Add", y, constant(bias * bias.dtype.type(beta)))
