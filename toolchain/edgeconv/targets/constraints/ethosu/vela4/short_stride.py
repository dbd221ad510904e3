from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.ethosu._shared import VELA_4, stride


@constraint("cpu", source=VELA_4, ops=("DEPTHWISE_CONV_2D", "MAX_POOL_2D"))
def short_stride(op: OpInfo) -> Finding:
    """The strides of DEPTHWISE_CONV_2D and MAX_POOL_2D must be 1 to 3."""
    return Finding(max(stride(op)) <= 3, f"stride {list(stride(op))}")
