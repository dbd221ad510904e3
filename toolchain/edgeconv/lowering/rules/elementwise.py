"""Elementwise operators of one and two operands."""

from __future__ import annotations

import itertools

import numpy as np

from edgeconv.core.backend import BINARY, UNARY
from edgeconv.core.errors import Refused
from edgeconv.core.layout import Value, constant, size_of
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule(*(op for op in UNARY if op not in ("Clip", "Rsqrt")))
def unary(ctx: Context, node: Node) -> Value:
    """Elementwise function of one tensor.

    Before: f(x) of any rank. After: f on the tensor as it lies in memory; no view is needed. Exact. Refuses nothing.
    """
    return ctx.unary(node.op, node.input(0), node.attributes)


@rule("Clip")
def clip(ctx: Context, node: Node) -> Value:
    """Clip with constant bounds (attributes or inputs).

    Before: Clip(x, min, max). After: the same on the tensor as it lies. Exact. Refuses: computed bounds.
    """
    low, high = node.constant(1, "minimum"), node.constant(2, "maximum")
    bounds = {
        "min": float(low) if low is not None else float(node.attributes.get("min", -np.inf)),
        "max": float(high) if high is not None else float(node.attributes.get("max", np.inf)),
    }
    return ctx.unary("Clip", node.input(0), bounds)


@rule(*BINARY)
def binary(ctx: Context, node: Node) -> Value:
    """Elementwise function of two tensors with any broadcast.

    Before: f(a, b), numpy broadcasting, any rank. After: both operands refined to common atoms, adjacent axes of
    equal broadcast signature merged, one rank <= 4 operator. Exact.
    Refuses: shapes that do not broadcast.
    Max and Min of more than two tensors become a chain.
    """
    if node.op == "Mod" and not node.attributes.get("fmod"):
        raise Refused("an integer Mod", "only floating-point remainders (fmod=1) are lowered")
    value = node.input(0)
    for i in range(1, len(node.inputs)):
        other = _placed(ctx, node, value, node.input(i))
        pairs = itertools.zip_longest(reversed(value.shape), reversed(other.shape), fillvalue=1)
        if any(a != b and 1 not in (a, b) for a, b in pairs):
            raise Refused(
                f"{list(value.shape)} and {list(other.shape)} do not broadcast", "check the model with onnx.checker"
            )
        value = ctx.binary(node.op, value, other)
    return value


def _placed(ctx: Context, node: Node, left: Value, right: Value) -> Value:
    """Before opset 7 the right operand's axes began at the attribute 'axis', those of a PRelu at the channels."""
    axis = 1 if node.op == "PRelu" else node.attributes.get("axis")
    if node.opset >= 7 or axis is None or size_of(right.atoms) == 1:
        return right
    behind = len(left.shape) - int(axis) % len(left.shape) - len(right.shape)
    return ctx.reshape(right, (*right.shape, *[1] * behind))


@rule("Identity", "Dropout")
def identity(_ctx: Context, node: Node) -> Value:
    """Identity and inference-mode Dropout. Before: y = x. After: no operator. Refuses nothing."""
    return node.input(0)


@rule("Sum", "Mean")
def variadic(ctx: Context, node: Node) -> Value:
    """Sum or mean of any number of tensors. Before: Sum(a, b, ...). After: a chain of Add, for a mean one Mul. Exact.

    Refuses nothing.
    """
    total = node.input(0)
    for i in range(1, len(node.inputs)):
        total = ctx.binary("Add", total, node.input(i))
    return total if node.op == "Sum" else ctx.binary("Mul", total, ctx.scalar(1 / len(node.inputs)))


@rule("Where")
def where(ctx: Context, node: Node) -> Value:
    """Before: Where(condition, a, b), a constant condition. After: the same with merged axes, rank <= 4. Exact.

    Refuses: a condition computed at run time (the device formats have no mask of their own).
    """
    condition = node.input(0)
    if condition.array is None:
        raise Refused("its condition is computed at run time", "use Max, Min or Clip, or a mask that is a constant")
    return ctx.where(condition, node.input(1), node.input(2))


@rule("Cast", "CastLike")
def cast(ctx: Context, node: Node) -> Value:
    """Before: Cast(x, to) between floating-point types. After: no operator; a constant is cast.

    Refuses: any other type.
    """
    x = node.input(0)
    names = {1: "float32", 10: "float16", 11: "float64"}
    wanted = names.get(int(node.attributes.get("to", 0))) if node.op == "Cast" else ctx.dtype
    if wanted is None:
        raise Refused("it casts to integers or booleans", "keep the network in floating point")
    return x if x.array is None else constant(x.array.astype(wanted))
