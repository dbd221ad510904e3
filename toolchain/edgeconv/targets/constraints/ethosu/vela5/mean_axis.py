from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.ethosu._shared import VELA_5, reduced


@constraint("cpu", source=VELA_5, ops=("MEAN",))
def mean_axis(op: OpInfo) -> Finding:
    """An axis that MEAN reduces must not be longer than 4096."""
    shape = op.tensors[0].shape
    long = [shape[axis] for axis in reduced(op) or () if shape[axis] > 4096]
    return Finding(not long, f"input {list(shape)}, axes {reduced(op)}")
