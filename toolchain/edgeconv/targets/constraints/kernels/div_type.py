from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, activation_type, constraint
from edgeconv.targets.constraints.kernels._shared import MEASURED


@constraint("unsupported", source=MEASURED, ops=("DIV",))
def div_type(op: OpInfo) -> Finding:
    """DIV exists in float32, int32 and uint8 only; tflite-runtime 2.14 fails on int8 when the model runs."""
    kind = activation_type(op)
    return Finding(kind in ("float32", "int32", "uint8"), f"DIV in {kind}")
