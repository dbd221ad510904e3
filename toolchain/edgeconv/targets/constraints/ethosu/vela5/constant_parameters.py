from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.ethosu._shared import VELA_5, positions_computed


@constraint("cpu", source=VELA_5, ops=("MEAN", "MIRROR_PAD", "PAD", "PADV2", "SLICE", "STRIDED_SLICE", "TRANSPOSE"))
def constant_parameters(op: OpInfo) -> Finding:
    """Axes, paddings, begins, sizes, strides and permutations must be constants of the file."""
    return positions_computed(op)
