"""What the Python core of Vela 4 (4.5.0 measured) needs to place an op on Ethos-U55 and U65; Vela 4 on U85 differs."""

from edgeconv.targets.constraints.ethosu.vela4.average_window import average_window
from edgeconv.targets.constraints.ethosu.vela4.batch import batch
from edgeconv.targets.constraints.ethosu.vela4.constant_parameters import constant_parameters
from edgeconv.targets.constraints.ethosu.vela4.conv_stride import conv_stride
from edgeconv.targets.constraints.ethosu.vela4.depth_multiplier import depth_multiplier
from edgeconv.targets.constraints.ethosu.vela4.dimensions import dimensions
from edgeconv.targets.constraints.ethosu.vela4.extreme_quantization import extreme_quantization
from edgeconv.targets.constraints.ethosu.vela4.feature_types import feature_types
from edgeconv.targets.constraints.ethosu.vela4.fused_activation import fused_activation
from edgeconv.targets.constraints.ethosu.vela4.kernel_size import kernel_size
from edgeconv.targets.constraints.ethosu.vela4.main_graph import main_graph
from edgeconv.targets.constraints.ethosu.vela4.max_window import max_window
from edgeconv.targets.constraints.ethosu.vela4.mean_depth import mean_depth
from edgeconv.targets.constraints.ethosu.vela4.mean_width import mean_width
from edgeconv.targets.constraints.ethosu.vela4.one_side_broadcast import one_side_broadcast
from edgeconv.targets.constraints.ethosu.vela4.op_table import op_table
from edgeconv.targets.constraints.ethosu.vela4.op_table_u85 import op_table_u85
from edgeconv.targets.constraints.ethosu.vela4.pad_batch import pad_batch
from edgeconv.targets.constraints.ethosu.vela4.pad_rank import pad_rank
from edgeconv.targets.constraints.ethosu.vela4.per_axis import per_axis
from edgeconv.targets.constraints.ethosu.vela4.permutation import permutation
from edgeconv.targets.constraints.ethosu.vela4.quantized import quantized
from edgeconv.targets.constraints.ethosu.vela4.rank import rank
from edgeconv.targets.constraints.ethosu.vela4.resize_factor import resize_factor
from edgeconv.targets.constraints.ethosu.vela4.short_stride import short_stride
from edgeconv.targets.constraints.ethosu.vela4.slice_stride import slice_stride
from edgeconv.targets.constraints.ethosu.vela4.table_types import table_types
from edgeconv.targets.constraints.ethosu.vela4.tile import tile
from edgeconv.targets.constraints.ethosu.vela4.tried import tried
from edgeconv.targets.constraints.ethosu.vela4.up_stride import up_stride
from edgeconv.targets.constraints.ethosu.vela4.view_quantization import view_quantization
from edgeconv.targets.constraints.ethosu.vela4.weight_type import weight_type
from edgeconv.targets.constraints.ethosu.vela5 import ETHOS_U85 as _OF_VELA_5
from edgeconv.targets.constraints.ethosu.vela5.op_table_u85 import op_table_u85 as _op_table_of_vela_5

ETHOS_U55 = (
    op_table,
    main_graph,
    feature_types,
    quantized,
    rank,
    batch,
    dimensions,
    per_axis,
    fused_activation,
    conv_stride,
    kernel_size,
    short_stride,
    depth_multiplier,
    weight_type,
    average_window,
    max_window,
    mean_width,
    mean_depth,
    pad_rank,
    pad_batch,
    view_quantization,
    constant_parameters,
    slice_stride,
    permutation,
    one_side_broadcast,
    extreme_quantization,
    resize_factor,
    up_stride,
    table_types,
    tried,
)

# Vela 4 compiles for Ethos-U85 with an early form of the core of Vela 5.
ETHOS_U85 = (op_table_u85, quantized, tile, *(c for c in _OF_VELA_5 if c is not _op_table_of_vela_5))
