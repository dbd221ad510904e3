from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.kernels._shared import MEASURED


@constraint("unsupported", source=MEASURED, ops=("CONV_2D", "DEPTHWISE_CONV_2D"))
def conv_bias(op: OpInfo) -> Finding:
    """A convolution must have a bias: LiteRT 2.3 does not load one without ("has_bias was not true")."""
    return Finding(len(op.inputs) > 2 and op.inputs[2] is not None, "there is no bias")
