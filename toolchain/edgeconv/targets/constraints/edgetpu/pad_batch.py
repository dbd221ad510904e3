from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.edgetpu._shared import SUPPORTED_OPS


@constraint("cpu", source=SUPPORTED_OPS, ops=("PAD",))
def pad_batch(op: OpInfo) -> Finding:
    """PAD must not pad the batch dimension (the first of four)."""
    paddings = op.attributes.get("paddings")
    if paddings is None:
        return Finding(False, "paddings are not constant")
    return Finding(len(paddings) != 4 or not any(paddings[0]), f"paddings {paddings}")
