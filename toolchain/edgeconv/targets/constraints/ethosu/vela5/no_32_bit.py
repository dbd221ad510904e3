from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint, tensors_that
from edgeconv.targets.constraints.ethosu._shared import VELA_5

_TAKES_32_BIT = frozenset(
    {
        "ADD",
        "ARG_MAX",
        "BATCH_MATMUL",
        "EXPAND_DIMS",
        "FULLY_CONNECTED",
        "MIRROR_PAD",
        "MUL",
        "NEG",
        "RESHAPE",
        "SQUEEZE",
        "SUB",
        "SUM",
        "TRANSPOSE",
    }
)


@constraint("cpu", source=VELA_5)
def no_32_bit(op: OpInfo) -> Finding:
    """On Ethos-U55 and U65 run-time tensors of 32 or 64 bits are taken only by ADD, ARG_MAX, BATCH_MATMUL, EXPAND_DIMS,
    FULLY_CONNECTED, MIRROR_PAD, MUL, NEG, RESHAPE, SQUEEZE, SUB, SUM and TRANSPOSE."""
    if op.op in _TAKES_32_BIT:
        return Finding(True)
    return tensors_that(op, lambda t: t.dtype in ("int32", "int64"))
