from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint, describe
from edgeconv.targets.constraints.ethosu._shared import VELA_5, WEIGHTED, weights


@constraint("cpu", source=VELA_5, ops=WEIGHTED)
def weight_type(op: OpInfo) -> Finding:
    """Filters and weights must be of 8 bits."""
    given = weights(op)
    return Finding(given.dtype in ("int8", "uint8"), f"weights are {describe(given)}")
