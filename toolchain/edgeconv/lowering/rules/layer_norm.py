"""LayerNormalization and RMSNormalization."""

from __future__ import annotations

from edgeconv.core.layout import Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.normalising import gain, mean, scaled
from edgeconv.lowering.registry import Node, rule


@rule("LayerNormalization", "RMSNormalization")
def layer_norm(ctx: Context, node: Node) -> Value | tuple[Value, ...]:
    """Before: LayerNormalization or RMSNormalization(x, scale, bias) over the axes from `axis` on.

    After: reductions over these axes in the present memory order, and elementwise operators. Exact.
    Its outputs Mean and InvStdDev are there already. Refuses: scale or bias computed at run time.
    """
    x = node.input(0)
    first = int(node.attributes.get("axis", -1)) % len(x.shape)
    axes = range(first, len(x.shape))
    average = mean(ctx, x, axes) if node.op == "LayerNormalization" else None
    rest = x if average is None else ctx.binary("Sub", x, average)
    factor = gain(ctx, rest, axes, float(node.attributes.get("epsilon", 1e-5)))
    y = scaled(ctx, rest, factor, node.required(1, "scale"), node.constant(2, "bias"), within=False)
    return y if average is None else (y, average, factor)
