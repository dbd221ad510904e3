from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.edgetpu._shared import SUPPORTED_OPS
from edgeconv.targets.data.edgetpu import OPS


@constraint("cpu", source=SUPPORTED_OPS)
def op_supported(op: OpInfo) -> Finding:
    """The op must be one of the 40 ops of the Edge TPU compiler 16. Not among them: CONV_3D, DEQUANTIZE, GELU,
    HARD_SWISH, LEAKY_RELU, ELU, GATHER, TILE, BATCH_MATMUL, BROADCAST_TO."""
    return Finding(op.op in OPS, f"{op.op} is not in the table")
