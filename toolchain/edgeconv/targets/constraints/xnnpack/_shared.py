"""Words and helpers that the XNNPACK constraints share."""

from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import activation_type
from edgeconv.targets.data.xnnpack import WEIGHTED

MEASURED = "measured on the x86-64 wheel of LiteRT 2.3.0, one small model per case"


def work_type(op: OpInfo) -> str:
    """The type an op works on, as the measured tables name it."""
    if op.op == "DEQUANTIZE" and op.inputs and op.inputs[0]:
        return op.inputs[0].dtype
    kind = activation_type(op)
    weights = op.inputs[1] if op.op in WEIGHTED and len(op.inputs) > 1 else None
    return f"{kind} with int8 weights" if kind == "float32" and weights and weights.dtype == "int8" else kind
