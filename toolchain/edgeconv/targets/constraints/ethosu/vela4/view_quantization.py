from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint, same_quantization
from edgeconv.targets.constraints.ethosu._shared import VELA_4


@constraint("cpu", source=VELA_4, ops=("EXPAND_DIMS", "RESHAPE", "SQUEEZE"))
def view_quantization(op: OpInfo) -> Finding:
    """RESHAPE, SQUEEZE and EXPAND_DIMS need the same scale and zero point on input and output."""
    return same_quantization(op)
