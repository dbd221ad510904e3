from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.onnxruntime._shared import MEASURED


@constraint("unknown", source=MEASURED)
def opset(op: OpInfo) -> Finding:
    """Opsets up to 21 were run; whether the runtime takes a newer one is not known here."""
    return Finding(op.version <= 21, f"{op.op} is of opset {op.version}")
