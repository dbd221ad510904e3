from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint, tensors_that
from edgeconv.targets.constraints.ethosu._shared import VELA_4

_TAKES_INT32 = frozenset({"ADD", "ARG_MAX", "MIRROR_PAD", "MUL", "SHAPE", "SUB", "TRANSPOSE"})


@constraint("cpu", source=VELA_4)
def feature_types(op: OpInfo) -> Finding:
    """Run-time tensors must be int8, uint8 or int16; int32 only in ADD, ARG_MAX, MIRROR_PAD, MUL, SHAPE, SUB and
    TRANSPOSE."""
    extra = ("int32",) if op.op in _TAKES_INT32 else ()
    return tensors_that(op, lambda t: t.dtype not in ("int8", "uint8", "int16", *extra))
