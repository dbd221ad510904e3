"""Arguments that moved from attributes to inputs from opset to opset."""

from __future__ import annotations

from edgeconv.lowering.registry import Node


def axes_of(node: Node) -> list[int] | None:
    """Axes as an attribute (before opset 13, of reductions 18) or as a constant input; None where not given."""
    given = node.attributes.get("axes")
    if given is None:
        array = node.constant(1, "axes")
        given = None if array is None else array.reshape(-1).tolist()
    return None if given is None else [int(a) for a in given]
