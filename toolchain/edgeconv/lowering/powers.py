"""Powers and roots of whole degree, with the fewest and the plainest operators."""

from __future__ import annotations

from edgeconv.core.layout import Value
from edgeconv.lowering.context import Context


def power(ctx: Context, x: Value, p: int) -> Value:
    """|x| ** p."""
    if p == 2:
        return ctx.binary("Mul", x, x)
    size = ctx.unary("Abs", x)
    return size if p == 1 else ctx.binary("Pow", size, ctx.scalar(p))


def root(ctx: Context, x: Value, p: int) -> Value:
    """x ** (1 / p), x >= 0."""
    if p == 1:
        return x
    return ctx.unary("Sqrt", x) if p == 2 else ctx.binary("Pow", x, ctx.scalar(1 / p))
