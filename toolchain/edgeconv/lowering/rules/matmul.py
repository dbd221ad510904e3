"""MatMul."""

from __future__ import annotations

from edgeconv.core.layout import Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


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
