from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint, tensors_that
from edgeconv.targets.constraints.onnxruntime._shared import MEASURED


@constraint("unknown", source=MEASURED)
def static_shapes(op: OpInfo) -> Finding:
    """Tensor sizes must be fixed in the file or inferable: nothing was run at sizes that change."""
    return tensors_that(op, lambda t: -1 in t.shape)
