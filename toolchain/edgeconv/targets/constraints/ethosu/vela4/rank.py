from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint, tensors_that
from edgeconv.targets.constraints.ethosu._shared import VELA_4


@constraint("cpu", source=VELA_4)
def rank(op: OpInfo) -> Finding:
    """Inputs and outputs must not have more than 4 dimensions."""
    return tensors_that(op, lambda t: len(t.shape) > 4)
