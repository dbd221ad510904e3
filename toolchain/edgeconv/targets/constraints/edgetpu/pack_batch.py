from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.edgetpu._shared import SUPPORTED_OPS


@constraint("cpu", source=SUPPORTED_OPS, ops=("PACK",))
def pack_batch(op: OpInfo) -> Finding:
    """PACK must not pack along the batch dimension (the first of four)."""
    rank = len(op.outputs[0].shape)
    axis = op.attributes.get("axis", 0) % max(rank, 1)
    return Finding(not (rank == 4 and axis == 0), f"axis {axis} of rank {rank}")
