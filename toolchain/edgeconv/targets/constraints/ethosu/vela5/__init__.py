"""What the core of Vela 5 (5.2.0 measured) needs to place an op on the NPU."""

from edgeconv.targets.constraints.ethosu.vela5.average_window import average_window
from edgeconv.targets.constraints.ethosu.vela5.bias import bias
from edgeconv.targets.constraints.ethosu.vela5.constant_parameters import constant_parameters
from edgeconv.targets.constraints.ethosu.vela5.depthwise_stride import depthwise_stride
from edgeconv.targets.constraints.ethosu.vela5.ends import ends
from edgeconv.targets.constraints.ethosu.vela5.extreme_quantization import extreme_quantization
from edgeconv.targets.constraints.ethosu.vela5.feature_types import feature_types
from edgeconv.targets.constraints.ethosu.vela5.gather_axis import gather_axis
from edgeconv.targets.constraints.ethosu.vela5.main_graph import main_graph
from edgeconv.targets.constraints.ethosu.vela5.matmul_type import matmul_type
from edgeconv.targets.constraints.ethosu.vela5.max_window import max_window
from edgeconv.targets.constraints.ethosu.vela5.mean_axis import mean_axis
from edgeconv.targets.constraints.ethosu.vela5.mean_batch import mean_batch
from edgeconv.targets.constraints.ethosu.vela5.mean_depth import mean_depth
from edgeconv.targets.constraints.ethosu.vela5.mean_elements import mean_elements
from edgeconv.targets.constraints.ethosu.vela5.no_32_bit import no_32_bit
from edgeconv.targets.constraints.ethosu.vela5.op_table_u55 import op_table_u55
from edgeconv.targets.constraints.ethosu.vela5.op_table_u85 import op_table_u85
from edgeconv.targets.constraints.ethosu.vela5.per_axis import per_axis
from edgeconv.targets.constraints.ethosu.vela5.resize_batch import resize_batch
from edgeconv.targets.constraints.ethosu.vela5.resize_factor import resize_factor
from edgeconv.targets.constraints.ethosu.vela5.resize_power import resize_power
from edgeconv.targets.constraints.ethosu.vela5.slice_stride import slice_stride
from edgeconv.targets.constraints.ethosu.vela5.softmax_size import softmax_size
from edgeconv.targets.constraints.ethosu.vela5.static_shapes import static_shapes
from edgeconv.targets.constraints.ethosu.vela5.table_types import table_types
from edgeconv.targets.constraints.ethosu.vela5.tried import tried
from edgeconv.targets.constraints.ethosu.vela5.up_size import up_size
from edgeconv.targets.constraints.ethosu.vela5.up_stride import up_stride
from edgeconv.targets.constraints.ethosu.vela5.view_quantization import view_quantization
from edgeconv.targets.constraints.ethosu.vela5.weight_type import weight_type
from edgeconv.targets.constraints.ethosu.vela5.wide_stride import wide_stride

ETHOS_U55 = (
    op_table_u55,
    ends,
    main_graph,
    feature_types,
    static_shapes,
    no_32_bit,
    per_axis,
    view_quantization,
    wide_stride,
    depthwise_stride,
    bias,
    weight_type,
    average_window,
    max_window,
    mean_batch,
    mean_axis,
    mean_depth,
    mean_elements,
    constant_parameters,
    slice_stride,
    extreme_quantization,
    table_types,
    softmax_size,
    resize_factor,
    resize_batch,
    up_stride,
    up_size,
    matmul_type,
    tried,
)

ETHOS_U85 = (
    op_table_u85,
    ends,
    main_graph,
    feature_types,
    static_shapes,
    per_axis,
    view_quantization,
    bias,
    weight_type,
    average_window,
    max_window,
    mean_batch,
    mean_axis,
    mean_depth,
    mean_elements,
    constant_parameters,
    slice_stride,
    extreme_quantization,
    table_types,
    softmax_size,
    resize_power,
    up_size,
    gather_axis,
    tried,
)
