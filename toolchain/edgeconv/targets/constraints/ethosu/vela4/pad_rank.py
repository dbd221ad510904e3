from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.ethosu._shared import VELA_4


@constraint("cpu", source=VELA_4, ops=("PAD", "MIRROR_PAD"))
def pad_rank(op: OpInfo) -> Finding:
    """PAD works on 3 or 4 dimensions, with constant paddings."""
    paddings = op.attributes.get("paddings")
    return Finding(paddings is not None and len(paddings) in (3, 4), f"paddings {paddings or 'not constant'}")
