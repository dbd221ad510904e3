from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.ethosu._shared import VELA_5


@constraint("cpu", source=VELA_5, ops=("GATHER",))
def gather_axis(op: OpInfo) -> Finding:
    """On Ethos-U85 the axis of GATHER must equal batch_dims."""
    axis, dims = op.attributes.get("axis", 0), op.attributes.get("batch_dims", 0)
    return Finding(axis == dims, f"axis {axis}, batch_dims {dims}")
