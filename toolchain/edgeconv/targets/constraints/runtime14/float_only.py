from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, activation_type, constraint
from edgeconv.targets.constraints.runtime14._shared import MEASURED


@constraint("cpu", source=MEASURED)
def float_only(op: OpInfo) -> Finding:
    """Only float ops go to XNNPACK: tflite-runtime 2.14 runs int8 on its builtin kernels."""
    kind = activation_type(op)
    return Finding(kind.startswith("float"), f"{op.op} in {kind}")
