from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.runtime14._shared import MEASURED


@constraint("cpu", source=MEASURED, ops=("MEAN", "SUM"))
def mean_axes(op: OpInfo) -> Finding:
    """MEAN and SUM must reduce height and width, or width alone, of 4 dimensions."""
    rank, axes = len(op.tensors[0].shape), op.attributes.get("axes")
    found = () if axes is None or not rank else tuple(sorted({axis % rank for axis in axes}))
    return Finding(rank == 4 and found in ((1, 2), (2,)), f"axes {axes or 'not constant'} of rank {rank}")
