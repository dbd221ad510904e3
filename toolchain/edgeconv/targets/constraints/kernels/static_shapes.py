from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint, tensors_that


@constraint("unknown", source="measured at the sizes of the file only")
def static_shapes(op: OpInfo) -> Finding:
    """All tensor sizes must be fixed in the file; nothing was measured for sizes that change at run time."""
    return tensors_that(op, lambda t: -1 in t.shape)
