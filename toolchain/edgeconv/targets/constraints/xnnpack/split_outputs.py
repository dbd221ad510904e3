from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.xnnpack._shared import MEASURED


@constraint("cpu", source=MEASURED, ops=("SPLIT",))
def split_outputs(op: OpInfo) -> Finding:
    """A SPLIT must have at most 4 outputs."""
    return Finding(len(op.outputs) <= 4, f"{len(op.outputs)} outputs")
