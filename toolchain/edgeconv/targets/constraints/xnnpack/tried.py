from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.xnnpack._shared import MEASURED, work_type
from edgeconv.targets.data.kernel_versions import TFLITE_RUNTIME_2_14
from edgeconv.targets.data.xnnpack import REFUSED, REFUSED_TYPES, TAKEN


@constraint("unknown", source=MEASURED)
def tried(op: OpInfo) -> Finding:
    """Whether XNNPACK takes the op in this type must have been measured; what was not tried is called unknown. The op
    runs either way, at worst on the builtin kernel."""
    kind = work_type(op)
    known = kind in REFUSED_TYPES or any(op.op in table.get(kind, ()) for table in (TAKEN, REFUSED))
    return Finding(known or op.op not in TFLITE_RUNTIME_2_14, f"{op.op} in {kind} was not tried")
