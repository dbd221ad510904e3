from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint, same_quantization
from edgeconv.targets.constraints.xnnpack._shared import MEASURED


@constraint("cpu", source=MEASURED, ops=("RESHAPE",))
def reshape_quantization(op: OpInfo) -> Finding:
    """An int8 RESHAPE must have the same scale and zero point on input and output."""
    return same_quantization(op)
