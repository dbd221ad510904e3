from __future__ import annotations

import math

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.ethosu._shared import VELA_5


@constraint("cpu", source=VELA_5, ops=("SOFTMAX",))
def softmax_size(op: OpInfo) -> Finding:
    """Width times height of the input of SOFTMAX must be below 65536."""
    shape = op.tensors[0].shape
    return Finding(math.prod(shape[:-1]) < 65536, f"input {list(shape)}")
