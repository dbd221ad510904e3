from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.ethosu._shared import VELA_5
from edgeconv.targets.data.ethosu import VELA_5_U55


@constraint("cpu", source=VELA_5)
def op_table_u55(op: OpInfo) -> Finding:
    """The op must be one of the 55 ops that Vela 5.2 places on Ethos-U55 and U65. Not among them: CONV_3D, DIV, SQRT,
    GATHER, DEPTH_TO_SPACE, LOG_SOFTMAX, CUMSUM, DEQUANTIZE."""
    return Finding(op.op in VELA_5_U55, f"{op.op} is not in the table")
