"""What a TFLite kernel needs; an op that fails does not run at all on tflite-runtime 2.14 or LiteRT 2.3."""

from edgeconv.targets.constraints.kernels.builtin_op import builtin_op
from edgeconv.targets.constraints.kernels.conv3d_float import conv3d_float
from edgeconv.targets.constraints.kernels.conv_bias import conv_bias
from edgeconv.targets.constraints.kernels.div_type import div_type
from edgeconv.targets.constraints.kernels.logistic_output import logistic_output
from edgeconv.targets.constraints.kernels.mul_broadcast import mul_broadcast
from edgeconv.targets.constraints.kernels.op_version import op_version
from edgeconv.targets.constraints.kernels.pad_rank import pad_rank
from edgeconv.targets.constraints.kernels.reduce_quantization import reduce_quantization
from edgeconv.targets.constraints.kernels.slice_rank import slice_rank
from edgeconv.targets.constraints.kernels.static_shapes import static_shapes
from edgeconv.targets.constraints.kernels.transpose_rank import transpose_rank

KERNELS = (
    builtin_op,
    op_version,
    pad_rank,
    slice_rank,
    transpose_rank,
    conv3d_float,
    mul_broadcast,
    static_shapes,
    conv_bias,
    div_type,
    logistic_output,
    reduce_quantization,
)
