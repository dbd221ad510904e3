from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.edgetpu._shared import SUPPORTED_OPS, reduced_axes


@constraint("cpu", source=SUPPORTED_OPS, ops=("MEAN",))
def mean_depth(op: OpInfo) -> Finding:
    """A MEAN over z (the last dimension) needs a z size that is a multiple of 4."""
    axes, shape = reduced_axes(op), op.tensors[0].shape
    over_z = axes is None or len(shape) - 1 in axes
    return Finding(not over_z or (bool(shape) and shape[-1] % 4 == 0), f"input {list(shape)}, axes {axes}")
