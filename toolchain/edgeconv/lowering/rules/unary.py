"""Elementwise operators of one operand."""

from __future__ import annotations

from edgeconv.core.backend import UNARY
from edgeconv.core.layout import Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule(*(op for op in UNARY if op not in ("Clip", "Rsqrt")))
def unary(ctx: Context, node: Node) -> Value:
    """Elementwise function of one tensor.

    Before: f(x) of any rank. After: f on the tensor as it lies in memory; no view is needed. Exact. Refuses nothing.
    """
    return ctx.unary(node.op, node.input(0), node.attributes)
