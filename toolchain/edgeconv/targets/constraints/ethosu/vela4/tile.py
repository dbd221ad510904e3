from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint, describe
from edgeconv.targets.constraints.ethosu._shared import VELA_4


@constraint("cpu", source=VELA_4, ops=("TILE",))
def tile(op: OpInfo) -> Finding:
    """Vela 4.5 lists TILE for Ethos-U85, but left it on the CPU when asked."""
    return Finding(False, f"TILE of {describe(op.tensors[0])}")
