"""Squeeze."""

from __future__ import annotations

from edgeconv.core.errors import Refused
from edgeconv.core.layout import Value
from edgeconv.lowering.arguments import axes_of
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule("Squeeze")
def squeeze(_ctx: Context, node: Node) -> Value:
    """Before: Squeeze(x, axes). After: dimensions without atoms are dropped. Exact. Refuses: computed axes."""
    x = node.input(0)
    axes = axes_of(node)
    gone = [i for i, s in enumerate(x.shape) if s == 1] if axes is None else [a % len(x.shape) for a in axes]
    if any(x.shape[a] != 1 for a in gone):
        raise Refused(f"axes {gone} of {list(x.shape)} are not all 1", "check the model with onnx.checker")
    return x.with_dims(d for i, d in enumerate(x.dims) if i not in gone)
