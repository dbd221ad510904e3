from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.ethosu._shared import VELA_4, window


@constraint("cpu", source=VELA_4, ops=("MAX_POOL_2D",))
def max_window(op: OpInfo) -> Finding:
    """The window of MAX_POOL_2D must be at most 256 high and 65536 in area."""
    height, width = window(op)
    return Finding(height <= 256 and height * width <= 65536, f"window {[height, width]}")
