from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint


@constraint("cpu", source="https://github.com/google-coral/edgetpu/issues/356")
def one_subgraph(op: OpInfo) -> Finding:
    """Only ops of the main graph are mapped: those inside IF, WHILE or CALL_ONCE are not."""
    inside = op.attributes.get("subgraph", 0)
    return Finding(inside == 0, f"it lies in subgraph {inside}")
