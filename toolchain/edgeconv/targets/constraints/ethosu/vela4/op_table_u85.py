from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.ethosu._shared import VELA_4
from edgeconv.targets.data.ethosu import VELA_4_U85


@constraint("cpu", source=VELA_4)
def op_table_u85(op: OpInfo) -> Finding:
    """The op must be one of the 68 ops that Vela 4.5 places on Ethos-U85. Not among them: CONV_3D, GELU, ELU, NEG,
    LESS, SQRT, DEPTH_TO_SPACE."""
    return Finding(op.op in VELA_4_U85, f"{op.op} is not in the table")
