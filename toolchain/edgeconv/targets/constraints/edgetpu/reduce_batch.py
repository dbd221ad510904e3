from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.edgetpu._shared import SUPPORTED_OPS, reduced_axes


@constraint("cpu", source=SUPPORTED_OPS, ops=("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN"))
def reduce_batch(op: OpInfo) -> Finding:
    """MEAN, SUM, REDUCE_MAX and REDUCE_MIN must not reduce the batch dimension (the first of four)."""
    axes = reduced_axes(op)
    rank = len(op.tensors[0].shape)
    return Finding(axes is not None and not (rank == 4 and 0 in axes), f"axes {axes or 'not constant'} of rank {rank}")
