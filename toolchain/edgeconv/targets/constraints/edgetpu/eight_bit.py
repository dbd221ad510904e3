from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint, tensors_that
from edgeconv.targets.constraints.edgetpu._shared import REQUIREMENTS


@constraint("cpu", source=REQUIREMENTS)
def eight_bit(op: OpInfo) -> Finding:
    """All run-time tensors must be int8 or uint8 ("Operation is working on an unsupported data type")."""
    return tensors_that(op, lambda t: t.dtype not in ("int8", "uint8"))
