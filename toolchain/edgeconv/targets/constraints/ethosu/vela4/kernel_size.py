from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.ethosu._shared import VELA_4, dilated_window


@constraint("cpu", source=VELA_4, ops=("CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV"))
def kernel_size(op: OpInfo) -> Finding:
    """A dilated kernel must be at most 64 high and 4096 in area."""
    height, width = dilated_window(op)
    return Finding(height <= 64 and height * width <= 4096, f"dilated kernel {[height, width]}")
