from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint, describe


@constraint(
    "unsupported",
    source="https://github.com/tensorflow/tensorflow/blob/master/tensorflow/lite/kernels/conv3d.cc",
    ops=("CONV_3D",),
)
def conv3d_float(op: OpInfo) -> Finding:
    """CONV_3D exists only in float32, with input, filter and output of rank 5."""
    wrong = [t for t in (*op.tensors[:2], *op.outputs) if t.dtype != "float32" or len(t.shape) != 5]
    return Finding(not wrong, ", ".join(f"'{t.name}' is {describe(t)}" for t in wrong))
