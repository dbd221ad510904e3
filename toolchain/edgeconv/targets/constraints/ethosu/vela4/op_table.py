from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.ethosu._shared import VELA_4
from edgeconv.targets.data.ethosu import VELA_4_U55


@constraint("cpu", source=VELA_4)
def op_table(op: OpInfo) -> Finding:
    """The op must be one of the 45 ops that Vela 4.5 places on Ethos-U55 and U65. Not among them: CONV_3D, SUM,
    REDUCE_MAX, BATCH_MATMUL, GELU, ELU, LOG, NEG, DIV, TILE, GATHER, PADV2."""
    return Finding(op.op in VELA_4_U55, f"{op.op} is not in the table")
