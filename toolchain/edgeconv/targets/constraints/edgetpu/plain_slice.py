from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.edgetpu._shared import REQUIREMENTS_COPY


@constraint("cpu", source=REQUIREMENTS_COPY, ops=("STRIDED_SLICE",))
def plain_slice(op: OpInfo) -> Finding:
    """All strides of a STRIDED_SLICE must be 1, ellipsis_mask and new_axis_mask 0."""
    strides = op.attributes.get("strides")
    masks = [op.attributes.get(f"{mask}_mask", 0) for mask in ("ellipsis", "new_axis")]
    passed = strides is not None and set(strides) <= {1} and not any(masks)
    return Finding(passed, f"strides {strides or 'not constant'}, ellipsis_mask {masks[0]}, new_axis_mask {masks[1]}")
