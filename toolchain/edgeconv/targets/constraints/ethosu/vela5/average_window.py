from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.ethosu._shared import VELA_5, average_window_fits


@constraint("cpu", source=VELA_5, ops=("AVERAGE_POOL_2D",))
def average_window(op: OpInfo) -> Finding:
    """The window of AVERAGE_POOL_2D must be at most 8×8 with SAME padding; with VALID padding its height at most 256,
    its area at most 65536."""
    return average_window_fits(op)
