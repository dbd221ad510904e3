from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint, tensors_that
from edgeconv.targets.constraints.edgetpu._shared import REQUIREMENTS


@constraint("cpu", source=REQUIREMENTS)
def static_shapes(op: OpInfo) -> Finding:
    """All tensor sizes must be fixed in the file."""
    return tensors_that(op, lambda t: -1 in t.shape)
