"""Fully connected layers and Softmax."""

from __future__ import annotations

import math

import numpy as np

from edgeconv.core.errors import Refused
from edgeconv.core.layout import Array, Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule("Gemm")
def gemm(ctx: Context, node: Node) -> Value:
    """Before: alpha * A' B' + beta * C, constant B and C, A not transposed. After: one dense layer.

    The memory order of A's features is folded into the rows of B, so a Flatten before it moves no data. Exact.
    Refuses: transA; a computed B or C; a C that differs from row to row.
    """
    if node.attributes.get("transA"):
        raise Refused("transA=1", "transpose the features in the model instead")
    weight = node.required(1, "weight")
    if node.attributes.get("transB"):
        weight = weight.T
    bias = node.constant(2, "bias")
    weight = weight * weight.dtype.type(node.attributes.get("alpha", 1.0))
    if bias is not None:
        if bias.ndim == 2 and bias.shape[0] > 1:
            raise Refused(f"a bias {list(bias.shape)} that differs from row to row", "add it with an Add instead")
        bias = bias * bias.dtype.type(node.attributes.get("beta", 1.0))
        bias = np.broadcast_to(bias.reshape(-1), (weight.shape[1],)).copy()
    return ctx.dense(node.input(0), weight, bias)


@rule("MatMul")
def matmul(ctx: Context, node: Node) -> Value:
    """Before: x [..., K] times constant [K, M]. After: one dense layer over collapsed rows. Exact.

    Refuses: two computed operands (attention).
    """
    left, right = node.input(0), node.input(1)
    weight: Array | None = right.array
    if weight is None or weight.ndim != 2 or left.array is not None:
        raise Refused("both operands are computed, or the constant is not a matrix on the right", "not lowered yet")
    return ctx.dense(left, weight, None)


@rule("Softmax")
def softmax(ctx: Context, node: Node) -> Value:
    """Softmax over one axis, or (before opset 13) over all axes from one on.

    Before: Softmax(x, axis). After: Softmax over the last axis of a matrix. Exact. Refuses nothing.
    """
    x = node.input(0)
    if node.opset >= 13:
        return ctx.softmax(x, int(node.attributes.get("axis", -1)) % len(x.shape))
    axis = int(node.attributes.get("axis", 1)) % len(x.shape)
    rows = ctx.reshape(x, (math.prod(x.shape[:axis]), math.prod(x.shape[axis:])))
    return ctx.reshape(ctx.softmax(rows, 1), x.shape)
