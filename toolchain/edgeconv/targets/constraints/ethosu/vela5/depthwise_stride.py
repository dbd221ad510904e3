from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.ethosu._shared import VELA_5, stride


@constraint("cpu", source=VELA_5, ops=("DEPTHWISE_CONV_2D",))
def depthwise_stride(op: OpInfo) -> Finding:
    """On Ethos-U55 and U65 the strides of DEPTHWISE_CONV_2D must be 1 to 3."""
    return Finding(max(stride(op)) <= 3, f"stride {list(stride(op))}")
