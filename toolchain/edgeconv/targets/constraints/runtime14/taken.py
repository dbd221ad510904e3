from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, activation_type, constraint
from edgeconv.targets.constraints.runtime14._shared import MEASURED
from edgeconv.targets.data.xnnpack import REFUSED_2_14


@constraint("cpu", source=MEASURED)
def taken(op: OpInfo) -> Finding:
    """XNNPACK of 2.14 must take the op in float32. It refuses BATCH_MATMUL, CUMSUM, EXP, EXPAND_DIMS, GATHER, GELU,
    LOG, LOG_SOFTMAX, MIRROR_PAD, PACK, REDUCE_MAX, RESIZE_NEAREST_NEIGHBOR, RSQRT, SQUEEZE, TILE and UNPACK."""
    return Finding(activation_type(op) != "float32" or op.op not in REFUSED_2_14, f"{op.op} in float32")
