"""Global pools and reductions."""

from __future__ import annotations

from edgeconv.core.layout import Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule("GlobalAveragePool", "GlobalMaxPool")
def global_pool(ctx: Context, node: Node) -> Value:
    """Pool over all spatial axes.

    Before: GlobalAveragePool/GlobalMaxPool on [N, C, S1..Sn].
    After: one ReduceMean/ReduceMax over the collapsed axes, kept with size 1. Exact. Refuses nothing.
    """
    x = node.input(0)
    op = "ReduceMean" if node.op == "GlobalAveragePool" else "ReduceMax"
    return ctx.reduce(op, x, range(2, len(x.shape)), keepdims=True)


@rule("ReduceMean", "ReduceMax", "ReduceMin", "ReduceSum")
def reduce(ctx: Context, node: Node) -> Value:
    """Reduction over any axes.

    Before: ReduceX over any set of axes, as attribute (opset < 18) or constant input; keepdims 0 or 1.
    After: one reduction over runs of axes that lie together in memory. Exact.
    Refuses: axes computed at run time.
    """
    x = node.input(0)
    given = node.attributes.get("axes")
    if given is None:
        axes_input = node.constant(1, "axes")
        given = None if axes_input is None else axes_input.reshape(-1).tolist()
    rank = len(x.shape)
    if given is None or not len(given):
        if node.attributes.get("noop_with_empty_axes"):
            return x
        given = range(rank)
    axes = [int(a) % rank for a in given]
    return ctx.reduce(node.op, x, axes, keepdims=bool(node.attributes.get("keepdims", 1)))
