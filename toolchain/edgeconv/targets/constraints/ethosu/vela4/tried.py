from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.ethosu._shared import VELA_4

_UNSEEN = frozenset({"ARG_MAX", "SHAPE", "UNIDIRECTIONAL_SEQUENCE_LSTM", "REVERSE_V2", "SCATTER_ND"})


@constraint("unknown", source=VELA_4)
def tried(op: OpInfo) -> Finding:
    """Vela 4.5 was seen to compile the op here; of ARG_MAX, SHAPE, REVERSE_V2, SCATTER_ND and the LSTM only its report
    is known."""
    return Finding(op.op not in _UNSEEN, f"{op.op} was not compiled here")
