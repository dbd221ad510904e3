from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.xnnpack._shared import MEASURED


@constraint("cpu", source=MEASURED, ops=("CONCATENATION",))
def concat_inputs(op: OpInfo) -> Finding:
    """A CONCATENATION must have at most 5 inputs."""
    return Finding(len(op.inputs) <= 5, f"{len(op.inputs)} inputs")
