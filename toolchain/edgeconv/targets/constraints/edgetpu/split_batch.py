from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint


@constraint("cpu", source="memory of the coral.ai table", ops=("SPLIT",))
def split_batch(op: OpInfo) -> Finding:
    """SPLIT must not split the batch dimension (the first of four)."""
    rank, axis = len(op.outputs[0].shape), op.attributes.get("axis")
    if axis is None:
        return Finding(False, "the axis is not constant")
    return Finding(not (rank == 4 and axis % rank == 0), f"axis {axis} of rank {rank}")
