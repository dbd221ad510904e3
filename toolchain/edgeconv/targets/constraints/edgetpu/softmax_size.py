from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.edgetpu._shared import REQUIREMENTS_COPY


@constraint("cpu", source=REQUIREMENTS_COPY, ops=("SOFTMAX",))
def softmax_size(op: OpInfo) -> Finding:
    """SOFTMAX takes a one-dimensional input of at most 16,000 elements."""
    data = op.tensors[0]
    flat = all(d == 1 for d in data.shape[:-1])
    return Finding(flat and data.elements <= 16_000, f"input {list(data.shape)}, {data.elements:,} elements")
