from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.ethosu._shared import VELA_5, batch_of


@constraint("unsupported", source=VELA_5, ops=("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"))
def resize_batch(op: OpInfo) -> Finding:
    """On Ethos-U55 and U65 a resize needs batch 1: Vela 5.2 ends with an error otherwise ("Non-passthrough operation
    could not run on NPU")."""
    return Finding(batch_of(op.tensors[0]) == 1, f"input {list(op.tensors[0].shape)}")
