from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.ethosu._shared import VELA_4, sides, stride


@constraint("cpu", source=VELA_4, ops=("AVERAGE_POOL_2D", "CONV_2D"))
def conv_stride(op: OpInfo) -> Finding:
    """The strides of CONV_2D and AVERAGE_POOL_2D must be at most 3. Free are a stride over an output of height or width
    1, and a horizontal one that is a multiple of 2 or 3 and divides the input's width (in AVERAGE_POOL_2D with VALID
    padding only)."""
    (down, right), (out_height, out_width) = stride(op), sides(op.outputs[0])
    width = sides(op.tensors[0])[1]
    splits = any(right % part == 0 and width % (right // part) == 0 for part in (2, 3))
    across = out_width == 1 or right <= 3 or splits
    if op.op == "AVERAGE_POOL_2D" and right > 3 and op.attributes.get("padding") != "VALID":
        across = False
    return Finding(
        (out_height == 1 or down <= 3) and across,
        f"stride {[down, right]}, input width {width}, output {[out_height, out_width]}",
    )
