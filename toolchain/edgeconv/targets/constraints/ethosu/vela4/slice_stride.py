from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.ethosu._shared import VELA_4


@constraint("cpu", source=VELA_4, ops=("STRIDED_SLICE",))
def slice_stride(op: OpInfo) -> Finding:
    """The strides of a STRIDED_SLICE over batch and channels must be 1, ellipsis_mask 0."""
    strides, ellipsis = op.attributes.get("strides"), op.attributes.get("ellipsis_mask", 0)
    if strides is None:
        return Finding(False, "strides are not constant")
    outer = strides[0] if len(strides) == 4 else 1
    return Finding(
        outer == 1 and strides[-1] == 1 and not ellipsis, f"strides {list(strides)}, ellipsis_mask {ellipsis}"
    )
