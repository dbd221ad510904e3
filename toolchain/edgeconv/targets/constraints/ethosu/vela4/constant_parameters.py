from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.ethosu._shared import VELA_4, positions_computed


@constraint("cpu", source=VELA_4, ops=("SLICE", "STRIDED_SLICE"))
def constant_parameters(op: OpInfo) -> Finding:
    """Begins, ends, sizes and strides must be constants of the file."""
    return positions_computed(op)
