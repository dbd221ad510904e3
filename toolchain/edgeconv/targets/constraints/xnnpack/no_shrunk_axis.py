from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.xnnpack._shared import MEASURED


@constraint("cpu", source=MEASURED, ops=("STRIDED_SLICE",))
def no_shrunk_axis(op: OpInfo) -> Finding:
    """A STRIDED_SLICE must keep all dimensions (shrink_axis_mask 0): slice one element, then RESHAPE."""
    mask = op.attributes.get("shrink_axis_mask", 0)
    return Finding(mask == 0, f"shrink_axis_mask is {mask}")
