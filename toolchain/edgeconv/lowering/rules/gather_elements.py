"""GatherElements."""

from __future__ import annotations

import math

import numpy as np

from edgeconv.core.layout import Array, Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule("GatherElements")
def gather_elements(ctx: Context, node: Node) -> Value:
    """Before: GatherElements(x, indices, axis), constant indices. After: elements are picked from the flat tensor.

    Exact. Refuses: computed indices; more than 64 scattered runs.
    """
    x, indices = node.input(0), node.required(1, "indices")
    places = element_places(x.shape, indices, int(node.attributes.get("axis", 0)))
    return ctx.reshape(ctx.take(ctx.reshape(x, (math.prod(x.shape),)), 0, places.tolist()), indices.shape)


def element_places(shape: tuple[int, ...], indices: Array, axis: int) -> Array:
    """Places in the flat tensor of elements whose index along one axis is given, the others being their own."""
    at = list(np.indices(indices.shape))
    at[axis] = np.where(indices < 0, indices + shape[axis], indices)
    return np.asarray(np.ravel_multi_index(tuple(at), shape).reshape(-1))
