from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, activation_type, constraint
from edgeconv.targets.constraints.runtime14._shared import MEASURED
from edgeconv.targets.data.xnnpack import REFUSED_2_14, TAKEN_2_14


@constraint("unknown", source=MEASURED)
def tried(op: OpInfo) -> Finding:
    """Whether XNNPACK of 2.14 takes the op in float32 must have been measured; the op runs either way, at worst on the
    builtin kernel."""
    kind = activation_type(op)
    known = not kind.startswith("float") or (kind == "float32" and op.op in TAKEN_2_14 | REFUSED_2_14)
    return Finding(known, f"{op.op} in {kind} was not tried")
