from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, activation_type, constraint
from edgeconv.targets.constraints.xnnpack._shared import MEASURED


@constraint("unsupported", source=MEASURED, ops=("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV"))
def kernel_scale(op: OpInfo) -> Finding:
    """In int8, input scale times filter scale over output scale must be below 256 for every channel: LiteRT 2.3 does
    not load the file otherwise."""
    data, kernel, out = op.inputs[2 if op.op == "TRANSPOSE_CONV" else 0], op.inputs[1], op.outputs[0]
    if activation_type(op) != "int8" or data is None or kernel is None:
        return Finding(True)
    if not (data.scales and kernel.scales and out.scales and out.scales[0]):
        return Finding(True)
    ratio = data.scales[0] * max(kernel.scales) / out.scales[0]
    return Finding(ratio < 256, f"{ratio:.4g}")
