from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.ethosu._shared import VELA_5


@constraint("cpu", source=VELA_5, ops=("STRIDED_SLICE",))
def slice_stride(op: OpInfo) -> Finding:
    """A STRIDED_SLICE steps over height and width only (the two dimensions before the last), and forwards."""
    strides = op.attributes.get("strides")
    if strides is None:
        return Finding(False, "strides are not constant")
    wrong = [i for i, s in enumerate(strides) if s < 1 or (s > 1 and i - len(strides) not in (-3, -2))]
    return Finding(not wrong, f"strides {list(strides)}")
