"""GatherND."""

from __future__ import annotations

import math

import numpy as np

from edgeconv.core.layout import Array, Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule("GatherND")
def gather_nd(ctx: Context, node: Node) -> Value:
    """Before: GatherND(x, indices), constant indices [..., k], any batch_dims.

    After: the first batch_dims + k axes become one, and positions are picked along it. Exact.
    Refuses: computed indices; more than 64 scattered runs.
    """
    x, indices = node.input(0), node.required(1, "indices")
    batch = int(node.attributes.get("batch_dims", 0))
    if batch:  # the place in the batch is one more index
        own = np.indices(indices.shape[:-1])[:batch]
        indices = np.concatenate([np.moveaxis(own, 0, -1), indices], -1)
    rows, rest = merged_rows(x.shape, indices)
    y = ctx.take(ctx.reshape(x, (math.prod(x.shape[: indices.shape[-1]]), *rest)), 0, rows)
    return ctx.reshape(y, (*indices.shape[:-1], *rest))


def merged_rows(shape: tuple[int, ...], indices: Array) -> tuple[list[int], tuple[int, ...]]:
    """Rows of the merged first axes, and the shape of one row."""
    k = indices.shape[-1]
    wrapped = np.where(indices < 0, indices + np.array(shape[:k]), indices).reshape(-1, k)
    return np.ravel_multi_index(tuple(wrapped.T), shape[:k]).tolist() if k else [0], shape[k:]
