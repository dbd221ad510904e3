from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.edgetpu._shared import SUPPORTED_OPS


@constraint("cpu", source=SUPPORTED_OPS, ops=("CONV_2D", "DEPTHWISE_CONV_2D"))
def equal_dilation(op: OpInfo) -> Finding:
    """A convolution must use the same dilation in x and y."""
    x, y = (op.attributes.get(f"dilation_{side}_factor", 1) for side in ("w", "h"))
    return Finding(x == y, f"dilation x {x}, y {y}")
