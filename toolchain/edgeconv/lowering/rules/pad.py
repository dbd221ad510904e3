"""Pad."""

from __future__ import annotations

from edgeconv.core.errors import Refused
from edgeconv.core.layout import Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule("Pad")
def pad(ctx: Context, node: Node) -> Value:
    """Before: Pad(x) constant, edge or reflect. After: rank <= 4 Pads, several axes in one where they fit; what
    negative pads cut off is sliced away first.

    Exact (edge and reflect are separable). Refuses: computed pads or value; nothing left; wrap.
    """
    x = node.input(0)
    rank = len(x.shape)
    mode = str(node.attributes.get("mode") or "constant")
    given = node.attributes.get("pads")
    pads = [int(p) for p in (node.required(1, "pads").reshape(-1) if given is None else given)]
    fill = node.constant(2, "value")
    axes_input = node.constant(3, "axes")
    axes = list(range(rank)) if axes_input is None else [int(a) % rank for a in axes_input.reshape(-1)]
    if mode not in ("constant", "edge", "reflect"):
        raise Refused(f"mode {mode!r}", "use constant, edge or reflect")
    ranges = {a: (pads[i], pads[len(axes) + i]) for i, a in enumerate(axes)}
    cuts = {a: (max(0, -before), x.shape[a] + min(0, before) + min(0, after)) for a, (before, after) in ranges.items()}
    if any(size < 1 for _, size in cuts.values()):
        raise Refused(f"negative pads {pads} that leave nothing", "pad less, or drop the operator")
    x = ctx.slice(x, cuts)
    ranges = {a: (max(0, before), max(0, after)) for a, (before, after) in ranges.items()}
    value = float(node.attributes.get("value") or 0.0) if fill is None else float(fill.reshape(-1)[0])
    return ctx.pad(x, ranges, mode, value)
