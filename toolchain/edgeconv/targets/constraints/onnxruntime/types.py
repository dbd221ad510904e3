from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint, tensors_that
from edgeconv.targets.constraints.onnxruntime._shared import MEASURED
from edgeconv.targets.data.onnxruntime import TYPES


@constraint("unknown", source=MEASURED)
def types(op: OpInfo) -> Finding:
    """Run-time tensors of float32, int8, uint8, int32, int64 and bool were run; others, such as float16, were not."""
    return tensors_that(op, lambda t: t.dtype not in TYPES)
