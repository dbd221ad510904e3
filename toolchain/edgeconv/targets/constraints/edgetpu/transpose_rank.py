from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint, tensors_that


@constraint("cpu", source="https://github.com/google-coral/edgetpu/issues/274", ops=("TRANSPOSE",))
def transpose_rank(op: OpInfo) -> Finding:
    """TRANSPOSE must not have more than 4 dimensions."""
    return tensors_that(op, lambda t: len(t.shape) > 4)
