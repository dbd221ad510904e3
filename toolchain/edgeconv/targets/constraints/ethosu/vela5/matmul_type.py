from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint, tensors_that
from edgeconv.targets.constraints.ethosu._shared import VELA_5


@constraint("cpu", source=VELA_5, ops=("BATCH_MATMUL",))
def matmul_type(op: OpInfo) -> Finding:
    """On Ethos-U55 and U65 BATCH_MATMUL works in int8."""
    return tensors_that(op, lambda t: t.dtype != "int8")
