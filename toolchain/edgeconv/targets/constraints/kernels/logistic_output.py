from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.kernels._shared import MEASURED


@constraint("unsupported", source=MEASURED, ops=("LOGISTIC",))
def logistic_output(op: OpInfo) -> Finding:
    """The output of an int8 LOGISTIC must have scale 1/256 and zero point -128, or tflite-runtime 2.14 does not load
    the file."""
    out = op.outputs[0]
    found = out.scales[:1] + out.zero_points[:1]
    return Finding(out.dtype != "int8" or found == (1 / 256, -128), f"scale and zero point {found}")
