"""Elementwise operators of two operands."""

from __future__ import annotations

import itertools

from edgeconv.core.backend import BINARY
from edgeconv.core.errors import Refused
from edgeconv.core.layout import Value, constant, size_of
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule(*BINARY)
def binary(ctx: Context, node: Node) -> Value:
    """Elementwise function of two tensors with any broadcast.

    Before: f(a, b), numpy broadcasting, any rank. After: both operands refined to common atoms, adjacent axes of
    equal broadcast signature merged, one rank <= 4 operator; constants take the type of what is computed. Exact.
    Refuses: shapes that do not broadcast.
    Max and Min of more than two tensors become a chain.
    """
    if node.op == "Mod" and not node.attributes.get("fmod"):
        raise Refused("an integer Mod", "only floating-point remainders (fmod=1) are lowered")
    value = _floating(ctx, node.input(0))
    for i in range(1, len(node.inputs)):
        other = _placed(ctx, node, value, _floating(ctx, node.input(i)))
        pairs = itertools.zip_longest(reversed(value.shape), reversed(other.shape), fillvalue=1)
        if any(a != b and 1 not in (a, b) for a, b in pairs):
            raise Refused(
                f"{list(value.shape)} and {list(other.shape)} do not broadcast", "check the model with onnx.checker"
            )
        value = ctx.binary(node.op, value, other)
    return value


def _floating(ctx: Context, value: Value) -> Value:
    """Exponents may be integers (opset 12), and masks booleans."""
    array = value.array
    return value if array is None or array.dtype == ctx.dtype else constant(array.astype(ctx.dtype))


def _placed(ctx: Context, node: Node, left: Value, right: Value) -> Value:
    """Before opset 7 the right operand's axes began at the attribute 'axis', those of a PRelu at the channels."""
    axis = 1 if node.op == "PRelu" else node.attributes.get("axis")
    if node.opset >= 7 or axis is None or size_of(right.atoms) == 1:
        return right
    behind = len(left.shape) - int(axis) % len(left.shape) - len(right.shape)
    return ctx.reshape(right, (*right.shape, *[1] * behind))
