from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.ethosu._shared import VELA_4


@constraint("cpu", source=VELA_4, ops=("PAD",))
def pad_batch(op: OpInfo) -> Finding:
    """PAD must not pad the batch dimension (the first of four)."""
    paddings = op.attributes.get("paddings", ())
    return Finding(len(paddings) != 4 or not any(paddings[0]), f"paddings {paddings}")
