"""Reshape."""

from __future__ import annotations

import math

from edgeconv.core.errors import Refused
from edgeconv.core.layout import Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule("Reshape")
def reshape(ctx: Context, node: Node) -> Value:
    """Before: Reshape(x, shape) with 0 and -1. After: atoms regrouped; nothing is emitted until an operator asks.

    Exact. Refuses: a shape computed at run time, or of another number of elements.
    """
    x = node.input(0)
    attribute = node.attributes.get("shape")  # before opset 5
    given = [int(s) for s in (node.required(1, "shape").reshape(-1) if attribute is None else attribute)]
    if not node.attributes.get("allowzero"):
        given = [x.shape[i] if s == 0 else s for i, s in enumerate(given)]
    have, known = math.prod(x.shape), math.prod(s for s in given if s != -1)
    if given.count(-1) > 1 or (have % known if -1 in given and known else have != known):
        raise Refused(f"{have} elements do not make {given}", "export it for the shape that it is used with")
    return ctx.reshape(x, [have // known if s == -1 else s for s in given])
