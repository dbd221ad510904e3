from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.ethosu._shared import VELA_4, factors, sides


@constraint("cpu", source=VELA_4, ops=("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"))
def resize_factor(op: OpInfo) -> Finding:
    """A resize scales height and width by the same 2, 4 or 8, with half pixel centers by 2; a 1×1 input and an equal
    size are free. With align corners the sizes less 1 count."""
    (height, width), free = factors(op), sides(op.tensors[0]) == (1, 1)
    half = op.op == "RESIZE_BILINEAR" and op.attributes.get("half_pixel_centers", False)
    good = height == width and height in ((1, 2) if half else (1, 2, 4, 8))
    return Finding(free or good, f"factors {height:.4g} and {width:.4g}{', half pixel centers' if half else ''}")
