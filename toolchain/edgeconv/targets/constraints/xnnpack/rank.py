from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint, tensors_that
from edgeconv.targets.constraints.xnnpack._shared import MEASURED


@constraint("cpu", source=MEASURED)
def rank(op: OpInfo) -> Finding:
    """Tensors must not have more than 6 dimensions."""
    return tensors_that(op, lambda t: len(t.shape) > 6)
