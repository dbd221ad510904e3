from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint


@constraint("cpu", source="https://github.com/google-ai-edge/LiteRT/issues/2573", ops=("CONV_3D", "CONV_3D_TRANSPOSE"))
def no_conv3d(op: OpInfo) -> Finding:
    """The delegate has no 3D convolution."""
    return Finding(False, f"it is {op.op}")
