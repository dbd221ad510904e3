from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint, tensors_that
from edgeconv.targets.constraints.ethosu._shared import VELA_4, unquantized

_FREE = frozenset({"ARG_MAX", "EXPAND_DIMS", "MIRROR_PAD", "PAD", "PADV2", "QUANTIZE", "SHAPE", "TRANSPOSE"})


@constraint("cpu", source=VELA_4)
def quantized(op: OpInfo) -> Finding:
    """Every run-time tensor needs a scale, int32 ones too; on Ethos-U85 not those of PAD, TRANSPOSE, EXPAND_DIMS and
    QUANTIZE."""
    if op.op in _FREE:
        return Finding(True)
    return tensors_that(op, unquantized)
