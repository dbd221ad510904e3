from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint


@constraint("unsupported", source="https://onnxruntime.ai/docs/reference/operators/")
def domain(op: OpInfo) -> Finding:
    """The op must come from a domain whose version the file states; custom ops need a library that the runtime does not
    carry."""
    return Finding(op.version > 0, f"the domain of {op.op} has no version in the file")
