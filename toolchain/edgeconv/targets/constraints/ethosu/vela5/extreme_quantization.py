from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint, same_quantization
from edgeconv.targets.constraints.ethosu._shared import VELA_5


@constraint("cpu", source=VELA_5, ops=("MAXIMUM", "MINIMUM"))
def extreme_quantization(op: OpInfo) -> Finding:
    """MAXIMUM and MINIMUM need the same scale and zero point on both inputs and the output."""
    return same_quantization(op)
