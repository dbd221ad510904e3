"""Identity and Dropout."""

from __future__ import annotations

from edgeconv.core.layout import Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule


@rule("Identity", "Dropout")
def identity(_ctx: Context, node: Node) -> Value:
    """Identity and inference-mode Dropout. Before: y = x. After: no operator. Refuses nothing."""
    return node.input(0)
