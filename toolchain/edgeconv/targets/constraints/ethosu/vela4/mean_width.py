from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.ethosu._shared import VELA_4, reduced


@constraint("cpu", source=VELA_4, ops=("MEAN",))
def mean_width(op: OpInfo) -> Finding:
    """The width of the input of MEAN, and a depth that it reduces, must not exceed 4096."""
    shape = op.tensors[0].shape
    width = shape[-2] if len(shape) in (3, 4) else 1
    depth = shape[-1] if len(shape) - 1 in (reduced(op) or ()) else 1
    return Finding(max(width, depth) <= 4096, f"input {list(shape)}, axes {reduced(op)}")
