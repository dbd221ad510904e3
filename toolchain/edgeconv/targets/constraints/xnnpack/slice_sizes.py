from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.xnnpack._shared import MEASURED


@constraint("cpu", source=MEASURED, ops=("SLICE",))
def slice_sizes(op: OpInfo) -> Finding:
    """The sizes of a SLICE must be constant and written out; -1 ("to the end") is refused."""
    size = op.attributes.get("size")
    return Finding(size is not None and -1 not in size, f"size is {size or 'not constant'}")
