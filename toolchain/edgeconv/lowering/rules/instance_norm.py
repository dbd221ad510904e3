"""InstanceNormalization."""

from __future__ import annotations

import numpy as np

from edgeconv.core.layout import Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.normalising import centred, scaled
from edgeconv.lowering.registry import Node, rule


@rule("InstanceNormalization")
def instance_norm(ctx: Context, node: Node) -> Value:
    """Before: InstanceNormalization(x, scale, bias) on [N, C, S...].

    After: mean and variance over the spatial axes by two reductions in the present memory order, and elementwise
    operators; the scale goes into the small tensor. No transpose. Exact.
    Refuses: scale or bias computed at run time.
    """
    x = node.input(0)
    rank = len(x.shape)
    scale, shift = (node.required(i, what).reshape(-1, *[1] * (rank - 2)) for i, what in ((1, "scale"), (2, "bias")))
    epsilon = np.asarray(node.attributes.get("epsilon", 1e-5))
    if epsilon.size > 1:  # one per channel: lowering/equalize.py
        epsilon = epsilon.reshape(-1, *[1] * (rank - 2))
    rest, factor = centred(ctx, x, range(2, rank), epsilon)
    return scaled(ctx, rest, factor, scale, shift, within=True)
