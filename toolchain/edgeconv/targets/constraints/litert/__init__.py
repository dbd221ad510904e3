"""What LiteRT 2.3 registers, where tflite-runtime 2.14 knows less."""

from edgeconv.targets.constraints.litert.builtin_op import builtin_op
from edgeconv.targets.constraints.litert.op_version import op_version

LITERT = (builtin_op, op_version)
