from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint, tensors_that
from edgeconv.targets.constraints.gpu._shared import PAGE


@constraint("unknown", source=PAGE)
def types(op: OpInfo) -> Finding:
    """The delegate works in float16 and float32 and computes 8-bit models in float; other types are not described."""
    return tensors_that(op, lambda t: t.dtype not in ("float16", "float32", "int8", "uint8"))
