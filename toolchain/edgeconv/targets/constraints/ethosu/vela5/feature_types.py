from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint, tensors_that
from edgeconv.targets.constraints.ethosu._shared import VELA_5


@constraint("cpu", source=VELA_5)
def feature_types(op: OpInfo) -> Finding:
    """Run-time tensors must be int8, uint8, int16, int32 or int64; on U85 also bool; no float reaches the NPU."""
    return tensors_that(op, lambda t: t.dtype not in ("int8", "uint8", "int16", "int32", "int64", "bool"))
