from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.gpu._shared import PAGE
from edgeconv.targets.data.gpu import DOCUMENTED


@constraint("unknown", source=PAGE)
def documented(op: OpInfo) -> Finding:
    """The page lists the ops that the delegate takes; others, MEAN among them, may run on the GPU too, but the page
    does not say so."""
    return Finding(op.op in DOCUMENTED, f"{op.op} is not on the page")
