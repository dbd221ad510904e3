from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.ethosu._shared import VELA_5, kernel, sides, stride


@constraint("cpu", source=VELA_5, ops=("TRANSPOSE_CONV",))
def up_stride(op: OpInfo) -> Finding:
    """On Ethos-U55 and U65 the strides of TRANSPOSE_CONV must be 1×1 or 2×2; 2×1 on one row, 1×2 on one column."""
    (height, width), size, data = stride(op), kernel(op), sides(op.inputs[2] or op.outputs[0])
    row = (height, width) == (1, 2) and size[0] == data[0] == 1
    column = (height, width) == (2, 1) and size[1] == data[1] == 1
    return Finding((height, width) in ((1, 1), (2, 2)) or row or column, f"stride {[height, width]}")
