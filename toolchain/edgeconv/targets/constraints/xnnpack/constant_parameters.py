from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.xnnpack._shared import MEASURED

_POSITIONS = {
    "CONV_2D": (1, 2),
    "DEPTHWISE_CONV_2D": (1, 2),
    "FULLY_CONNECTED": (1, 2),
    "MEAN": (1,),
    "PAD": (1,),
    "TRANSPOSE": (1,),
}


@constraint("cpu", source=MEASURED, ops=_POSITIONS)
def constant_parameters(op: OpInfo) -> Finding:
    """Filter and bias of CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED, axes of MEAN, paddings of PAD and the
    permutation of TRANSPOSE must be constants of the file."""
    given = [op.inputs[i] for i in _POSITIONS[op.op] if i < len(op.inputs)]
    computed = [t.name for t in given if t is not None and not t.constant]
    return Finding(not computed, f"computed at run time: {', '.join(computed)}")
