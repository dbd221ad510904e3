from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.edgetpu._shared import SUPPORTED_OPS


@constraint("cpu", source=SUPPORTED_OPS, ops=("PRELU",))
def prelu_alpha(op: OpInfo) -> Finding:
    """The alpha of PRELU must be one-dimensional: only its innermost dimension may be larger than 1."""
    alpha = op.inputs[1] if len(op.inputs) > 1 else None
    shape = alpha.shape if alpha is not None else ()
    return Finding(all(d == 1 for d in shape[:-1]), f"alpha {list(shape)}")
