"""Fully connected layers and Softmax."""

from __future__ import annotations

import math

import numpy as np

from edgeconv.core.layout import Value, constant
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


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


@rule("MatMul")
def matmul(ctx: Context, node: Node) -> Value:
    """Matrix product with numpy broadcasting, one operand constant or both computed.

    Before: MatMul(a [..., M, K], b [..., K, N]), vectors included.
    After: with a constant matrix on the right one dense layer over collapsed rows (where the features lie in the
    middle of a channels-first tensor, a 1x1 convolution), with one on the left a product in the present order; else
    a batched product of rank <= 4 whose batch, rows and columns keep the memory order they have. Exact.
    Refuses nothing.
    """
    left, right = node.input(0), node.input(1)
    if len(left.dims) == 1 or len(right.dims) == 1:
        wide = left.with_dims(((), *left.dims)) if len(left.dims) == 1 else left
        tall = right.with_dims((*right.dims, ())) if len(right.dims) == 1 else right
        made = product(ctx, wide, tall)
        gone = [len(made.dims) - 2] * (len(left.dims) == 1) + [len(made.dims) - 1] * (len(right.dims) == 1)
        return made.with_dims(d for a, d in enumerate(made.dims) if a not in gone)
    return product(ctx, left, right)


def product(ctx: Context, left: Value, right: Value) -> Value:
    """[..., M, K] times [..., K, N] by the operator that fits."""
    weight, matrix = right.array, left.array
    if weight is not None and weight.ndim == 2:
        return ctx.dense(left, weight, None)
    if matrix is not None and matrix.ndim == 2:
        return ctx.mix(right, len(right.dims) - 2, matrix)
    return ctx.matmul(left, right)


@rule("Softmax", "LogSoftmax")
def softmax(ctx: Context, node: Node) -> Value:
    """Softmax or its logarithm over one axis, or (before opset 13) over all axes from one on.

    Before: Softmax(x, axis). After: Softmax over the last axis of a matrix. Exact. Refuses nothing.
    """
    x, log = node.input(0), node.op == "LogSoftmax"
    if node.opset >= 13:
        return ctx.softmax(x, int(node.attributes.get("axis", -1)) % len(x.shape), log)
    axis = int(node.attributes.get("axis", 1)) % len(x.shape)
    rows = ctx.reshape(x, (math.prod(x.shape[:axis]), math.prod(x.shape[axis:])))
    return ctx.reshape(ctx.softmax(rows, 1, log), x.shape)
