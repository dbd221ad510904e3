from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.kernels._shared import MEASURED
from edgeconv.targets.data.kernel_versions import LITERT_2_3


@constraint("unsupported", source=MEASURED)
def op_version(op: OpInfo) -> Finding:
    """The op version must not be newer than the highest that LiteRT 2.3 registers, or the file does not load."""
    highest = LITERT_2_3.get(op.op)
    return Finding(highest is None or op.version <= highest, f"{op.op} is version {op.version}; 2.3 goes to {highest}")
