from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint, same_quantization
from edgeconv.targets.constraints.ethosu._shared import VELA_5


@constraint("unsupported", source=VELA_5, ops=("RESHAPE",))
def view_quantization(op: OpInfo) -> Finding:
    """A RESHAPE must have the same scale and zero point on input and output: Vela 5.2 does not read the file otherwise
    ("Failed to parse TFLite file")."""
    return same_quantization(op)
