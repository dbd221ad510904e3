from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.ethosu._shared import VELA_4


@constraint("unknown", source=VELA_4)
def main_graph(op: OpInfo) -> Finding:
    """Only files of one graph were compiled with Vela 4.5: what becomes of ops inside IF or WHILE is not known."""
    inside = op.attributes.get("subgraph", 0)
    return Finding(inside == 0, f"it lies in subgraph {inside}")
