from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.ethosu._shared import VELA_5


@constraint("cpu", source=VELA_5)
def ends(op: OpInfo) -> Finding:
    """An op must have an input and an output."""
    return Finding(bool(op.inputs and op.outputs), f"{len(op.inputs)} inputs, {len(op.outputs)} outputs")
