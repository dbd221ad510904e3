from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint, tensors_that
from edgeconv.targets.constraints.ethosu._shared import VELA_4

_TYPES = {"EXP": ("int8", "int16"), "HARD_SWISH": ("int8", "uint8"), "RSQRT": ("int8",)}


@constraint("cpu", source=VELA_4, ops=("EXP", "HARD_SWISH", "RSQRT"))
def table_types(op: OpInfo) -> Finding:
    """RSQRT works in int8, HARD_SWISH in int8 and uint8, EXP in int8 and int16."""
    return tensors_that(op, lambda t: t.dtype not in _TYPES[op.op])
