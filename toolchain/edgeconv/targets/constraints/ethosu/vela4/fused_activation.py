from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.ethosu._shared import VELA_4

_FUSED = ("NONE", "RELU", "RELU6", "RELU_N1_TO_1", "TANH")


@constraint("cpu", source=VELA_4)
def fused_activation(op: OpInfo) -> Finding:
    """A fused activation must be RELU, RELU6, RELU_N1_TO_1 or TANH."""
    fused = op.attributes.get("fused_activation_function", "NONE")
    return Finding(fused in _FUSED, f"fused {fused}")
