"""What the Edge TPU compiler needs to map an op."""

from edgeconv.targets.constraints.edgetpu.concat_constant import concat_constant
from edgeconv.targets.constraints.edgetpu.constant_parameters import constant_parameters
from edgeconv.targets.constraints.edgetpu.eight_bit import eight_bit
from edgeconv.targets.constraints.edgetpu.equal_dilation import equal_dilation
from edgeconv.targets.constraints.edgetpu.fully_connected_output import fully_connected_output
from edgeconv.targets.constraints.edgetpu.fully_connected_weights import fully_connected_weights
from edgeconv.targets.constraints.edgetpu.inner_dimensions import inner_dimensions
from edgeconv.targets.constraints.edgetpu.mean_depth import mean_depth
from edgeconv.targets.constraints.edgetpu.no_fused_activation import no_fused_activation
from edgeconv.targets.constraints.edgetpu.one_subgraph import one_subgraph
from edgeconv.targets.constraints.edgetpu.op_supported import op_supported
from edgeconv.targets.constraints.edgetpu.op_version import op_version
from edgeconv.targets.constraints.edgetpu.pack_batch import pack_batch
from edgeconv.targets.constraints.edgetpu.pad_batch import pad_batch
from edgeconv.targets.constraints.edgetpu.plain_slice import plain_slice
from edgeconv.targets.constraints.edgetpu.prelu_alpha import prelu_alpha
from edgeconv.targets.constraints.edgetpu.reduce_batch import reduce_batch
from edgeconv.targets.constraints.edgetpu.softmax_size import softmax_size
from edgeconv.targets.constraints.edgetpu.split_batch import split_batch
from edgeconv.targets.constraints.edgetpu.static_shapes import static_shapes
from edgeconv.targets.constraints.edgetpu.transpose_rank import transpose_rank
from edgeconv.targets.constraints.edgetpu.transpose_unproven import transpose_unproven

EDGETPU = (
    op_supported,
    op_version,
    one_subgraph,
    eight_bit,
    static_shapes,
    inner_dimensions,
    constant_parameters,
    no_fused_activation,
    concat_constant,
    equal_dilation,
    fully_connected_weights,
    fully_connected_output,
    reduce_batch,
    mean_depth,
    pack_batch,
    pad_batch,
    prelu_alpha,
    softmax_size,
    split_batch,
    plain_slice,
    transpose_rank,
    transpose_unproven,
)
