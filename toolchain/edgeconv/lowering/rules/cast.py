"""Cast."""

from __future__ import annotations

from edgeconv.core.errors import Refused
from edgeconv.core.layout import Value, constant
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule("Cast", "CastLike")
def cast(ctx: Context, node: Node) -> Value:
    """Before: Cast(x, to) between floating-point types. After: no operator; a constant is cast.

    Refuses: any other type.
    """
    x = node.input(0)
    names = {1: "float32", 10: "float16", 11: "float64"}
    wanted = names.get(int(node.attributes.get("to", 0))) if node.op == "Cast" else ctx.dtype
    if wanted is None:
        raise Refused("it casts to integers or booleans", "keep the network in floating point")
    return x if x.array is None else constant(x.array.astype(wanted))
