from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint, tensors_that
from edgeconv.targets.constraints.ethosu._shared import VELA_5

_TYPES = {"ELU": ("int8",), "GELU": ("int8", "uint8"), "LOG": ("int8", "int16"), "RSQRT": ("int8", "int16")}


@constraint("cpu", source=VELA_5, ops=("ELU", "GELU", "LOG", "RSQRT"))
def table_types(op: OpInfo) -> Finding:
    """ELU works in int8, GELU in int8 and uint8, LOG and RSQRT in int8 and int16."""
    return tensors_that(op, lambda t: t.dtype not in _TYPES[op.op])
