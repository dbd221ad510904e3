"""BatchNormalization that could not be folded into a convolution."""

from __future__ import annotations

import numpy as np

from edgeconv.core.errors import Refused
from edgeconv.core.layout import Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule("BatchNormalization")
def batch_norm(ctx: Context, node: Node) -> Value:
    """Inference-mode batch normalisation of any rank >= 2.

    Before: BatchNormalization(x, scale, bias, mean, var) on [N, C, ...].
    After: one per-channel scale and shift. Exact up to rounding: the four vectors are merged in float64.
    Refuses: training mode; statistics computed at run time.
    """
    if node.attributes.get("training_mode"):
        raise Refused("it is in training mode", "call model.eval() before export")
    given = [node.required(i, what) for i, what in enumerate(("scale", "bias", "mean", "variance"), 1)]
    scale, bias, mean, var = (a.astype(np.float64) for a in given)
    gain = scale / np.sqrt(var + float(node.attributes.get("epsilon", 1e-5)))
    dtype = given[0].dtype
    return ctx.affine(node.input(0), gain.astype(dtype), (bias - mean * gain).astype(dtype))
