from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.kernels._shared import MEASURED
from edgeconv.targets.data.kernel_versions import LITERT_2_3, TFLITE_RUNTIME_2_14


@constraint("unsupported", source=MEASURED)
def op_version(op: OpInfo) -> Finding:
    """The op version must not be newer than the highest that tflite-runtime 2.14 registers, or the file does not load
    ("Didn't find op for builtin opcode")."""
    highest = TFLITE_RUNTIME_2_14.get(op.op)
    if highest is None:
        return Finding(True)
    newer = f"{op.op} is version {op.version}; 2.14 goes to {highest}, LiteRT 2.3 to {LITERT_2_3[op.op]}"
    return Finding(op.version <= highest, newer)
