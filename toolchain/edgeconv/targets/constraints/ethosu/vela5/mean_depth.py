from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.ethosu._shared import VELA_5, reduced


@constraint("cpu", source=VELA_5, ops=("MEAN",))
def mean_depth(op: OpInfo) -> Finding:
    """MEAN reduces the depth (last dimension) only where height, width or depth is 1."""
    shape, axes = op.tensors[0].shape, reduced(op)
    if axes is None or len(shape) - 1 not in axes:
        return Finding(True)
    return Finding(len(shape) < 3 or 1 in shape[-3:], f"input {list(shape)}, axes {axes}")
