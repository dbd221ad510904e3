"""What the XNNPACK delegate of LiteRT 2.3 needs; an op that fails runs on the builtin kernel and cuts the partition."""

from edgeconv.targets.constraints.xnnpack.concat_inputs import concat_inputs
from edgeconv.targets.constraints.xnnpack.constant_parameters import constant_parameters
from edgeconv.targets.constraints.xnnpack.equal_quantization import equal_quantization
from edgeconv.targets.constraints.xnnpack.fused_activation import fused_activation
from edgeconv.targets.constraints.xnnpack.kernel_scale import kernel_scale
from edgeconv.targets.constraints.xnnpack.matmul_right import matmul_right
from edgeconv.targets.constraints.xnnpack.no_shrunk_axis import no_shrunk_axis
from edgeconv.targets.constraints.xnnpack.pool_window import pool_window
from edgeconv.targets.constraints.xnnpack.rank import rank
from edgeconv.targets.constraints.xnnpack.rank_load_failure import rank_load_failure
from edgeconv.targets.constraints.xnnpack.reshape_quantization import reshape_quantization
from edgeconv.targets.constraints.xnnpack.scale_ratio import scale_ratio
from edgeconv.targets.constraints.xnnpack.slice_sizes import slice_sizes
from edgeconv.targets.constraints.xnnpack.split_outputs import split_outputs
from edgeconv.targets.constraints.xnnpack.taken import taken
from edgeconv.targets.constraints.xnnpack.tried import tried
from edgeconv.targets.constraints.xnnpack.unit_strides import unit_strides

XNNPACK = (
    tried,
    taken,
    rank,
    rank_load_failure,
    unit_strides,
    no_shrunk_axis,
    slice_sizes,
    concat_inputs,
    split_outputs,
    pool_window,
    constant_parameters,
    fused_activation,
    equal_quantization,
    reshape_quantization,
    scale_ratio,
    kernel_scale,
    matmul_right,
)
