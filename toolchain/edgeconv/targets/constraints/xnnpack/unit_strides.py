from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.xnnpack._shared import MEASURED


@constraint("cpu", source=MEASURED, ops=("STRIDED_SLICE",))
def unit_strides(op: OpInfo) -> Finding:
    """All strides of a STRIDED_SLICE must be 1."""
    strides = op.attributes.get("strides")
    return Finding(strides is not None and set(strides) <= {1}, f"strides are {strides or 'not constant'}")
