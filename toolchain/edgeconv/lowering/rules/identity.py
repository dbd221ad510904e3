"""Identity and Dropout."""

from __future__ import annotations

import numpy as np

from edgeconv.core.errors import Refused
from edgeconv.core.layout import Value, constant
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule("Identity", "Dropout")
def identity(_ctx: Context, node: Node) -> Value | tuple[Value, ...]:
    """Identity and inference-mode Dropout. Before: y = x. After: no operator; the mask of a Dropout is all true.

    Refuses: training mode.
    """
    x = node.input(0)
    if node.op == "Dropout":
        training = node.constant(2, "training mode")
        if training is not None and training.any():
            raise Refused("it is in training mode", "call model.eval() before export")
        if node.outputs > 1:
            return x, constant(np.ones(x.shape, bool))
    return x
