from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint, tensors_that
from edgeconv.targets.constraints.kernels._shared import MEASURED


@constraint("unsupported", source=MEASURED, ops=("SLICE", "STRIDED_SLICE"))
def slice_rank(op: OpInfo) -> Finding:
    """Slicing works on tensors of rank 1 to 5 in tflite-runtime 2.14."""
    return tensors_that(op, lambda t: len(t.shape) > 5)
