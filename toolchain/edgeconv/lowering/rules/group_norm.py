"""GroupNormalization."""

from __future__ import annotations

from edgeconv.core.layout import Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.normalising import centred, scaled
from edgeconv.lowering.registry import Node, rule


@rule("GroupNormalization")
def group_norm(ctx: Context, node: Node) -> Value:
    """Before: GroupNormalization(x, scale, bias), num_groups, on [N, C, S...].

    After: the channels are split into (group, channel) by a view; mean and variance over the channels of a group and
    all spatial axes. Scale and bias are per group before opset 21, per channel from there on. Exact.
    Refuses: scale or bias computed at run time.
    """
    x = node.input(0)
    groups, channels = int(node.attributes["num_groups"]), x.shape[1]
    split = ctx.reshape(x, (x.shape[0], groups, channels // groups, *x.shape[2:]))
    rest, factor = centred(ctx, split, range(2, len(split.shape)), float(node.attributes.get("epsilon", 1e-5)))
    per_group = node.opset < 21
    shape = (groups, 1 if per_group else channels // groups, *[1] * (len(x.shape) - 2))
    scale, shift = (node.required(i, what).reshape(shape) for i, what in ((1, "scale"), (2, "bias")))
    return ctx.reshape(scaled(ctx, rest, factor, scale, shift, within=per_group), x.shape)
