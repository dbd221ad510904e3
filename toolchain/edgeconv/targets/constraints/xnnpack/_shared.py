"""Words and helpers that the XNNPACK constraints share."""

from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, activation_type, activations
from edgeconv.targets.data.xnnpack import WEIGHTED

MEASURED = "measured on the x86-64 wheel of LiteRT 2.3.0, one small model per case"


def work_type(op: OpInfo) -> str:
    """The type an op works on, as the measured tables name it."""
    kind = activation_type(op)
    weights = op.inputs[1] if op.op in WEIGHTED and len(op.inputs) > 1 else None
    return f"{kind} with int8 weights" if kind == "float32" and weights and weights.dtype == "int8" else kind


def same_quantization(op: OpInfo) -> Finding:
    """Passes when all int8 data tensors of the op share one scale and zero point."""
    data = [t for t in op.tensors if t.dtype == "int8" and t.scales]
    if activation_type(op) != "int8" or not activations(op):
        return Finding(True)
    pairs = sorted({(t.scales[0], t.zero_points[0] if t.zero_points else 0) for t in data})
    return Finding(len(pairs) <= 1, "; ".join(f"scale {s:.6g}, zero point {z}" for s, z in pairs))
