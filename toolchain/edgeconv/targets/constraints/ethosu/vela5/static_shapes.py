from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint, tensors_that
from edgeconv.targets.constraints.ethosu._shared import VELA_5


@constraint("cpu", source=VELA_5)
def static_shapes(op: OpInfo) -> Finding:
    """All tensor sizes must be fixed in the file."""
    return tensors_that(op, lambda t: -1 in t.shape)
