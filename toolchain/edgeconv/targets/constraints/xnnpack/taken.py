from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.xnnpack._shared import MEASURED, work_type
from edgeconv.targets.data.xnnpack import REFUSED, REFUSED_TYPES


@constraint("cpu", source=MEASURED)
def taken(op: OpInfo) -> Finding:
    """XNNPACK of LiteRT 2.3 must take the op in its type. In int8 it refuses, among others, AVERAGE_POOL_2D, SOFTMAX,
    RELU, MAXIMUM, HARD_SWISH, GATHER, TILE, PACK and UNPACK; in float32 CONV_3D; everything in int16, int32, int64."""
    kind = work_type(op)
    return Finding(kind not in REFUSED_TYPES and op.op not in REFUSED.get(kind, ()), f"{op.op} in {kind}")
