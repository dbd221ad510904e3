from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.ethosu._shared import VELA_4, WEIGHTED


@constraint("cpu", source=VELA_4)
def per_axis(op: OpInfo) -> Finding:
    """Only CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED and TRANSPOSE_CONV may have one scale per channel."""
    many = [t.name for t in op.tensors if len(t.scales) > 1]
    return Finding(op.op in WEIGHTED or not many, f"one scale per channel on {', '.join(many)}")
