from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.ethosu._shared import VELA_4


@constraint("cpu", source=VELA_4, ops=("DEPTHWISE_CONV_2D",))
def depth_multiplier(op: OpInfo) -> Finding:
    """A depth multiplier above 1 needs an input of one channel."""
    data, times = op.tensors[0].shape, op.attributes.get("depth_multiplier", 1)
    return Finding(
        times <= 1 or (data[-1] == 1 and op.outputs[0].shape[-1] == times), f"multiplier {times}, input {list(data)}"
    )
