from __future__ import annotations

import math

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.ethosu._shared import VELA_5


@constraint("cpu", source=VELA_5, ops=("MEAN",))
def mean_batch(op: OpInfo) -> Finding:
    """MEAN needs batch 1: all dimensions before the 3 innermost must be 1."""
    shape = op.tensors[0].shape
    return Finding(math.prod(shape[:-3]) == 1, f"input {list(shape)}")
