from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint, describe
from edgeconv.targets.constraints.ethosu._shared import VELA_4

_FREE = frozenset(
    {
        "FULLY_CONNECTED",
        "RESHAPE",
        "SHAPE",
        "SLICE",
        "SOFTMAX",
        "SPLIT",
        "SPLIT_V",
        "SQUEEZE",
        "STRIDED_SLICE",
        "UNPACK",
    }
)


@constraint("cpu", source=VELA_4)
def batch(op: OpInfo) -> Finding:
    """The batch of the inputs must be 1, except for FULLY_CONNECTED, RESHAPE, SHAPE, SLICE, SOFTMAX, SPLIT, SPLIT_V,
    SQUEEZE, STRIDED_SLICE and UNPACK."""
    several = [t for t in op.inputs if t is not None and not t.constant and len(t.shape) == 4 and t.shape[0] != 1]
    return Finding(op.op in _FREE or not several, ", ".join(f"'{t.name}' is {describe(t)}" for t in several))
