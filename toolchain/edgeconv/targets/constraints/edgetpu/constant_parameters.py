from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.edgetpu._shared import REQUIREMENTS

_POSITIONS = {
    "CONV_2D": (1, 2),
    "DEPTHWISE_CONV_2D": (1, 2),
    "FULLY_CONNECTED": (1, 2),
    "TRANSPOSE_CONV": (0, 1, 3),
    "PRELU": (1,),
    **dict.fromkeys(("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "PAD", "RESHAPE", "TRANSPOSE"), (1,)),
    **dict.fromkeys(("SLICE", "STRIDED_SLICE"), (1, 2, 3)),
}


@constraint("cpu", source=REQUIREMENTS, ops=_POSITIONS)
def constant_parameters(op: OpInfo) -> Finding:
    """Parameters (filter, bias, axes, paddings, sizes) must be constants of the file."""
    given = [op.inputs[i] for i in _POSITIONS[op.op] if i < len(op.inputs)]
    computed = [t.name for t in given if t is not None and not t.constant]
    return Finding(not computed, f"computed at run time: {', '.join(computed)}")
