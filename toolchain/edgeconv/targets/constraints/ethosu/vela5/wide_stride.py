from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.ethosu._shared import VELA_5, stride


@constraint("cpu", source=VELA_5, ops=("AVERAGE_POOL_2D", "CONV_2D", "MAX_POOL_2D"))
def wide_stride(op: OpInfo) -> Finding:
    """On Ethos-U55 and U65 a stride above 3 in CONV_2D, AVERAGE_POOL_2D and MAX_POOL_2D needs VALID padding and no
    dilation."""
    dilation = [op.attributes.get(f"dilation_{side}_factor", 1) for side in "hw"]
    plain = op.attributes.get("padding") == "VALID" and dilation == [1, 1]
    return Finding(
        max(stride(op)) <= 3 or plain, f"stride {list(stride(op))}, {op.attributes.get('padding')}, dilation {dilation}"
    )
