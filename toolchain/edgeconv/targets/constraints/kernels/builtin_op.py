from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.kernels._shared import MEASURED
from edgeconv.targets.data.kernel_versions import LITERT_2_3, TFLITE_RUNTIME_2_14


@constraint("unsupported", source=MEASURED)
def builtin_op(op: OpInfo) -> Finding:
    """The op must be one of the 157 builtin ops that tflite-runtime 2.14 registers; custom and Flex ops need code that
    the runtime does not carry."""
    if "custom_code" in op.attributes:
        return Finding(False, f"{op.op} is a custom op")
    newer = op.op in LITERT_2_3
    return Finding(op.op in TFLITE_RUNTIME_2_14, f"{op.op} is known to {'LiteRT 2.3 only' if newer else 'neither'}")
