from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint, same_quantization
from edgeconv.targets.constraints.xnnpack._shared import MEASURED

_OPS = ("CONCATENATION", "MAX_POOL_2D", "PAD", "RESIZE_BILINEAR", "STRIDED_SLICE", "TRANSPOSE")


@constraint("unsupported", source=MEASURED, ops=_OPS)
def equal_quantization(op: OpInfo) -> Finding:
    """An int8 CONCATENATION, MAX_POOL_2D, PAD, RESIZE_BILINEAR, STRIDED_SLICE or TRANSPOSE must have the same scale and
    zero point on all inputs and outputs: LiteRT 2.3 does not load the file otherwise."""
    return same_quantization(op)
