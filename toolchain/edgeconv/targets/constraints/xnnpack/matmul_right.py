from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, activation_type, constraint
from edgeconv.targets.constraints.xnnpack._shared import MEASURED


@constraint("cpu", source=MEASURED, ops=("BATCH_MATMUL",))
def matmul_right(op: OpInfo) -> Finding:
    """An int8 BATCH_MATMUL must have zero point 0 on its right input."""
    right = op.inputs[1] if len(op.inputs) > 1 else None
    if activation_type(op) != "int8" or right is None:
        return Finding(True)
    return Finding(not any(right.zero_points), f"zero point {', '.join(map(str, right.zero_points))}")
