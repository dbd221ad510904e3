from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.edgetpu._shared import SUPPORTED_OPS


@constraint("cpu", source=SUPPORTED_OPS, ops=("FULLY_CONNECTED",))
def fully_connected_weights(op: OpInfo) -> Finding:
    """The weights of FULLY_CONNECTED must be in the default format."""
    found = op.attributes.get("weights_format", "DEFAULT")
    return Finding(found == "DEFAULT", f"weights_format {found}")
