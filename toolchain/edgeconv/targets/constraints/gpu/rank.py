from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint, tensors_that
from edgeconv.targets.constraints.gpu._shared import PAGE


@constraint("cpu", source=PAGE)
def rank(op: OpInfo) -> Finding:
    """Tensors are batch, height, width and channels: at most 4 dimensions."""
    return tensors_that(op, lambda t: len(t.shape) > 4)
