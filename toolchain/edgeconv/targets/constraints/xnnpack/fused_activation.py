from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.xnnpack._shared import MEASURED

_FUSED = ("NONE", "RELU", "RELU_N1_TO_1", "RELU6")


@constraint("cpu", source=MEASURED)
def fused_activation(op: OpInfo) -> Finding:
    """A fused activation must be RELU, RELU6 or RELU_N1_TO_1."""
    fused = op.attributes.get("fused_activation_function", "NONE")
    return Finding(fused in _FUSED, f"fused {fused}")
