"""LpPool."""

from __future__ import annotations

import math

from edgeconv.core.errors import Refused
from edgeconv.core.layout import Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.powers import power, root
from edgeconv.lowering.registry import Node, rule
from edgeconv.lowering.rules.pool import pool_axes
from edgeconv.lowering.taps import Axis
from edgeconv.lowering.windows import ceil_excess, explicit_pads


@rule("LpPool")
def lp_pool(ctx: Context, node: Node) -> Value:
    """Before: LpPool(x, p) on [N, C, S1..Sn], n = 1..3; pads, ceil_mode, dilation.

    After: power, average pool that counts its pads (they are zeros), times the number of taps, root. Exact.
    Refuses: more than three spatial axes; what AveragePool refuses.
    """
    x, p = node.input(0), int(node.attributes.get("p", 2))
    n = len(x.shape) - 2
    if not 1 <= n <= 3:
        raise Refused(f"{n} spatial axes", "pools of one to three spatial axes are lowered")
    kernel = [int(k) for k in node.attributes["kernel_shape"]]
    strides = [int(s) for s in node.attributes.get("strides") or [1] * n]
    dilations = [int(d) for d in node.attributes.get("dilations") or [1] * n]
    before, after = explicit_pads(node.attributes, x.shape[2:], kernel, strides, dilations)
    axes = [Axis(x.shape[2 + i], kernel[i], strides[i], dilations[i], before[i], after[i]) for i in range(n)]
    if node.attributes.get("ceil_mode"):
        excess = [ceil_excess(a.size, a.kernel, a.stride, a.dilation, a.before, a.after) for a in axes]
        axes = [Axis(a.size, a.kernel, a.stride, a.dilation, a.before, a.after + e)
                for a, e in zip(axes, excess, strict=True)]  # fmt: skip
    mean = pool_axes(ctx, "AveragePool", power(ctx, x, p), axes, [0] * n, counted=True)
    taps = math.prod(kernel)
    return root(ctx, ctx.binary("Mul", mean, ctx.scalar(taps)) if taps > 1 else mean, p)
