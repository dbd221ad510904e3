"""Shape arithmetic."""

from __future__ import annotations

import numpy as np

from edgeconv.core.errors import Refused
from edgeconv.core.layout import Value, constant
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule("Constant", "ConstantOfShape", "Shape", "Size", "Range")
def folded(_ctx: Context, node: Node) -> Value:
    """Shape arithmetic. Before: operators on static shapes and constants. After: nothing, they are folded on loading.

    Refuses: what could not be folded, because it depends on the data.
    """
    if node.op == "Shape":
        shape = node.input(0).shape
        return constant(np.array(shape[node.attributes.get("start", 0) : node.attributes.get("end")], np.int64))
    if node.op == "Size":
        return constant(np.array(np.prod(node.input(0).shape), np.int64))
    raise Refused("it depends on run-time data", "export with static shapes")
