from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.edgetpu._shared import SUPPORTED_OPS


@constraint("cpu", source=SUPPORTED_OPS, ops=("FULLY_CONNECTED",))
def fully_connected_output(op: OpInfo) -> Finding:
    """The output of FULLY_CONNECTED must be one-dimensional: only its last dimension may be larger than 1."""
    shape = op.outputs[0].shape
    return Finding(all(d == 1 for d in shape[:-1]), f"output {list(shape)}")
