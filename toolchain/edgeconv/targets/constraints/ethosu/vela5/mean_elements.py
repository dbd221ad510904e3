from __future__ import annotations

import math

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.ethosu._shared import VELA_5, reduced

_MOST = {"int8": 2**24, "uint8": 2**23, "int16": 2**16}


@constraint("cpu", source=VELA_5, ops=("MEAN",))
def mean_elements(op: OpInfo) -> Finding:
    """MEAN averages at most 2^24 elements in int8, 2^23 in uint8, 2^16 in int16, and no other type."""
    data, axes = op.tensors[0], reduced(op) or ()
    count = math.prod(data.shape[axis] for axis in axes)
    return Finding(count <= _MOST.get(data.dtype, 0), f"{count:,} elements in {data.dtype}")
