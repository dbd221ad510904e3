from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.edgetpu._shared import SUPPORTED_OPS


@constraint("cpu", source=SUPPORTED_OPS, ops=("AVERAGE_POOL_2D", "CONCATENATION", "MAX_POOL_2D"))
def no_fused_activation(op: OpInfo) -> Finding:
    """Pools and CONCATENATION must not have a fused activation function."""
    fused = op.attributes.get("fused_activation_function", "NONE")
    return Finding(fused == "NONE", f"fused {fused}")
