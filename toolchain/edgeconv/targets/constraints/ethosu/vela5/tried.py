from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.ethosu._shared import VELA_5

_UNSEEN = frozenset(
    {"ARG_MAX", "ASSIGN_VARIABLE", "READ_VARIABLE", "REVERSE_V2", "SCATTER_ND", "UNIDIRECTIONAL_SEQUENCE_LSTM"}
)


@constraint("unknown", source=VELA_5)
def tried(op: OpInfo) -> Finding:
    """Vela 5.2 was seen to compile the op here; of ARG_MAX, REVERSE_V2, SCATTER_ND, variables and the LSTM only its
    report is known."""
    return Finding(op.op not in _UNSEEN, f"{op.op} was not compiled here")
