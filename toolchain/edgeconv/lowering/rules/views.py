"""Reshape, Transpose and their relatives: they relabel axes and cost no operator."""

from __future__ import annotations

import math

from edgeconv.core.errors import Refused
from edgeconv.core.layout import Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule("Reshape")
def reshape(ctx: Context, node: Node) -> Value:
    """Before: Reshape(x, shape) with 0 and -1. After: atoms regrouped; nothing is emitted until an operator asks.

    Exact. Refuses: a shape computed at run time.
    """
    x = node.input(0)
    given = [int(s) for s in node.required(1, "shape").reshape(-1)]
    if not node.attributes.get("allowzero"):
        given = [x.shape[i] if s == 0 else s for i, s in enumerate(given)]
    known = math.prod(s for s in given if s != -1)
    return ctx.reshape(x, [math.prod(x.shape) // known if s == -1 else s for s in given])


@rule("Flatten")
def flatten(ctx: Context, node: Node) -> Value:
    """Before: Flatten(x, axis). After: two groups of atoms. Exact. Refuses nothing."""
    x = node.input(0)
    axis = int(node.attributes.get("axis", 1))
    axis += len(x.shape) if axis < 0 else 0
    return ctx.reshape(x, [math.prod(x.shape[:axis]), math.prod(x.shape[axis:])])


def _axes(node: Node) -> list[int] | None:
    given = node.attributes.get("axes")
    if given is None:
        array = node.constant(1, "axes")
        given = None if array is None else array.reshape(-1).tolist()
    return None if given is None else [int(a) for a in given]


@rule("Squeeze")
def squeeze(_ctx: Context, node: Node) -> Value:
    """Before: Squeeze(x, axes). After: dimensions without atoms are dropped. Exact. Refuses: computed axes."""
    x = node.input(0)
    axes = _axes(node)
    gone = [i for i, s in enumerate(x.shape) if s == 1] if axes is None else [a % len(x.shape) for a in axes]
    if any(x.shape[a] != 1 for a in gone):
        raise Refused(f"axes {gone} of {list(x.shape)} are not all 1", "check the model with onnx.checker")
    return x.with_dims(d for i, d in enumerate(x.dims) if i not in gone)


@rule("Unsqueeze")
def unsqueeze(_ctx: Context, node: Node) -> Value:
    """Before: Unsqueeze(x, axes). After: empty dimensions are put in. Exact. Refuses: computed axes."""
    x = node.input(0)
    axes = _axes(node) or []
    rank = len(x.shape) + len(axes)
    new = {a % rank for a in axes}
    old = iter(x.dims)
    return x.with_dims(() if i in new else next(old) for i in range(rank))


@rule("Transpose")
def transpose(ctx: Context, node: Node) -> Value:
    """Before: Transpose(x, perm). After: dimensions permuted; data moves only if an operator demands another order.

    Exact. Refuses nothing.
    """
    x = node.input(0)
    return ctx.transpose(x, node.attributes.get("perm") or range(len(x.shape))[::-1])


@rule("DepthToSpace", "SpaceToDepth")
def blocks(ctx: Context, node: Node) -> Value:
    """Before: DepthToSpace or SpaceToDepth on [N, C, H, W]. After: dimensions split, permuted and merged; data moves
    only if an operator demands another order. Exact. Refuses nothing.
    """
    x = node.input(0)
    n, c, h, w = x.shape
    b = int(node.attributes["blocksize"])
    if node.op == "SpaceToDepth":
        split = ctx.reshape(x, (n, c, h // b, b, w // b, b))
        return ctx.reshape(ctx.transpose(split, (0, 3, 5, 1, 2, 4)), (n, c * b * b, h // b, w // b))
    if str(node.attributes.get("mode") or "DCR") == "DCR":
        split = ctx.transpose(ctx.reshape(x, (n, b, b, c // b**2, h, w)), (0, 3, 4, 1, 5, 2))
    else:
        split = ctx.transpose(ctx.reshape(x, (n, c // b**2, b, b, h, w)), (0, 1, 4, 2, 5, 3))
    return ctx.reshape(split, (n, c // b**2, h * b, w * b))
