from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint, same_quantization
from edgeconv.targets.constraints.kernels._shared import MEASURED


@constraint("unsupported", source=MEASURED, ops=("REDUCE_MAX", "REDUCE_MIN"))
def reduce_quantization(op: OpInfo) -> Finding:
    """An int8 REDUCE_MAX or REDUCE_MIN must have the same scale and zero point on input and output, or tflite-runtime
    2.14 does not load the file."""
    return same_quantization(op)
