"""Attention of opset 23."""

from __future__ import annotations

import numpy as np

from edgeconv.core.errors import Refused
from edgeconv.core.layout import Array, Value, constant
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule

MASKED = -1e9
"""What is added to a score that must not count: its exponential is 0, and it is finite."""

KNOWN = {"scale", "is_causal", "softcap", "q_num_heads", "kv_num_heads", "softmax_precision", "qk_matmul_output_mode"}


@rule("Attention")
def attention(ctx: Context, node: Node) -> Value:
    """Scaled dot products, softmax, weighted sum, as exporters write scaled_dot_product_attention from opset 23 on.

    Before: Attention(q, k, v, mask), [N, heads, L, d] or [N, L, heads * d]; shared key heads, causal, softcap.
    After: two batched products of rank <= 4, the scores between them scaled, capped, masked by an Add, and a Softmax.
    Query heads that share a key head are one more batch axis of a view: nothing is repeated. Exact.
    Refuses: a cache of past keys; outputs besides the first; masks of booleans computed at run time; rows that a
    constant mask hides altogether; attributes of later opsets (windows).
    """
    if node.outputs > 1 or any(v is not None for v in node.inputs[4:]):
        raise Refused("a cache of past keys, or the scores as an output", "export without a cache")
    if strange := sorted(set(node.attributes) - KNOWN):
        raise Refused(f"its attributes {', '.join(strange)}", "write the mask out, as a constant input")
    q, k, v = (node.input(i) for i in range(3))
    flat = len(q.shape) == 3
    if flat:
        heads, shared = int(node.attributes["q_num_heads"]), int(node.attributes["kv_num_heads"])
        q, k, v = (_heads(ctx, x, n) for x, n in ((q, heads), (k, shared), (v, shared)))
    batch, heads, length, depth = q.shape
    shared = k.shape[1]
    query = ctx.reshape(q, (batch, shared, heads // shared, length, depth))
    key, value = (ctx.reshape(x, (batch, shared, 1, *x.shape[2:])) for x in (k, v))
    scale = float(node.attributes.get("scale") or depth**-0.5)
    scores = ctx.matmul(query, ctx.transpose(key, (0, 1, 2, 4, 3)))
    scores = ctx.reshape(ctx.binary("Mul", scores, ctx.scalar(scale)), (batch, heads, length, k.shape[2]))
    cap = float(node.attributes.get("softcap", 0.0))
    if cap:
        bent = ctx.unary("Tanh", ctx.binary("Mul", scores, ctx.scalar(1 / cap)))
        scores = ctx.binary("Mul", bent, ctx.scalar(cap))
    for mask in _masks(ctx, node, length, k.shape[2]):
        scores = ctx.binary("Add", scores, mask)
    weights = ctx.reshape(ctx.softmax(scores, 3), (batch, shared, heads // shared, length, k.shape[2]))
    y = ctx.reshape(ctx.matmul(weights, value), (batch, heads, length, v.shape[3]))
    return ctx.reshape(ctx.transpose(y, (0, 2, 1, 3)), (batch, length, heads * v.shape[3])) if flat else y


def _heads(ctx: Context, x: Value, count: int) -> Value:
    batch, length, features = x.shape
    return ctx.transpose(ctx.reshape(x, (batch, length, count, features // count)), (0, 2, 1, 3))


def _masks(ctx: Context, node: Node, rows: int, columns: int) -> list[Value]:
    """What is added to the scores: one constant of all that is known, and a mask that is computed."""
    known: list[Array] = []
    computed: list[Value] = []
    if node.attributes.get("is_causal"):
        known.append(np.where(np.tri(rows, columns, dtype=bool), 0, MASKED))
    if len(node.inputs) > 3 and node.inputs[3] is not None:
        mask = node.input(3)
        if mask.array is None:
            computed.append(mask)
        else:
            array = mask.array
            known.append(np.where(array, 0, MASKED) if array.dtype == bool else np.maximum(array, MASKED))
    if not known:
        return computed
    total = known[0] if len(known) == 1 else known[0] + known[1]
    if (total <= MASKED).all(-1).any():
        raise Refused("a mask that hides a whole row", "leave such rows out of the network")
    return [constant(total.astype(ctx.dtype)), *computed]
