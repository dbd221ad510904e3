"""LRN: local response normalisation."""

from __future__ import annotations

import numpy as np

from edgeconv.core.layout import Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule("LRN")
def lrn(ctx: Context, node: Node) -> Value:
    """Before: LRN(x, size, alpha, beta, bias) on [N, C, S...], as in the first video networks.

    After: x / (bias + alpha / size * sum of squares over `size` channels around) ** beta; the sum is a product with a
    banded constant matrix along the channels, in the present memory order. Exact. Refuses nothing.
    """
    x, size = node.input(0), int(node.attributes["size"])
    alpha, beta, bias = (float(node.attributes.get(k, d)) for k, d in (("alpha", 1e-4), ("beta", 0.75), ("bias", 1.0)))
    channels = x.shape[1]
    offset = np.arange(channels) - np.arange(channels)[:, None]
    band = (offset >= -((size - 1) // 2)) & (offset <= size // 2)
    total = ctx.mix(ctx.binary("Mul", x, x), 1, (band * (alpha / size)).astype(ctx.dtype))
    base = ctx.binary("Add", total, ctx.scalar(bias))
    return ctx.binary("Mul", x, ctx.binary("Pow", base, ctx.scalar(-beta)))
