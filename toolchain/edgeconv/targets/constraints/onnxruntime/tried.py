from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.onnxruntime._shared import MEASURED
from edgeconv.targets.data.onnxruntime import RUN


@constraint("unknown", source=MEASURED)
def tried(op: OpInfo) -> Finding:
    """The op must have been run here; what was not is called unknown, though the runtime covers the whole ONNX
    standard by its own word."""
    return Finding(op.op in RUN, f"{op.op} was not run")
