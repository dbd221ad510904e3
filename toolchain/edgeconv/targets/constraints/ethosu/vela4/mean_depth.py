from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.ethosu._shared import VELA_4, reduced


@constraint("cpu", source=VELA_4, ops=("MEAN",))
def mean_depth(op: OpInfo) -> Finding:
    """MEAN reduces the depth (last dimension) only where height, width or depth is 1."""
    shape, axes = op.tensors[0].shape, reduced(op)
    if axes is None or len(shape) < 3 or len(shape) - 1 not in axes:
        return Finding(axes is not None, f"axes {axes or 'not constant'}")
    return Finding(1 in shape[-3:], f"input {list(shape)}, axes {axes}")
