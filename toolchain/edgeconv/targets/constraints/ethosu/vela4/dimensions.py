from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint, tensors_that
from edgeconv.targets.constraints.ethosu._shared import VELA_4


@constraint("cpu", source=VELA_4)
def dimensions(op: OpInfo) -> Finding:
    """Every dimension must lie in 1 to 65535."""
    return tensors_that(op, lambda t: any(not 1 <= d <= 65535 for d in t.shape))
