from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.xnnpack._shared import MEASURED


@constraint("cpu", source=MEASURED, ops=("AVERAGE_POOL_2D", "MAX_POOL_2D"))
def pool_window(op: OpInfo) -> Finding:
    """A pooling window must be larger than 1×1 and not smaller than its stride."""
    window = tuple(op.attributes.get(f"filter_{side}", 0) for side in ("height", "width"))
    stride = tuple(op.attributes.get(f"stride_{side}", 0) for side in ("h", "w"))
    fits = window != (1, 1) and all(s <= w for s, w in zip(stride, window, strict=True))
    return Finding(fits, f"window {list(window)}, stride {list(stride)}")
