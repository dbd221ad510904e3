from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint, describe
from edgeconv.targets.constraints.ethosu._shared import VELA_5, WEIGHTED


@constraint("cpu", source=VELA_5, ops=WEIGHTED)
def bias(op: OpInfo) -> Finding:
    """The bias must be a constant of int32 or int64."""
    given = (
        op.inputs[3 if op.op == "TRANSPOSE_CONV" else 2]
        if len(op.inputs) > (3 if op.op == "TRANSPOSE_CONV" else 2)
        else None
    )
    return Finding(
        given is None or (given.constant and given.dtype in ("int32", "int64")),
        f"bias is {describe(given) if given else 'left out'}",
    )
