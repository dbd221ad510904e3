"""The op table of the Edge TPU (compiler 16), and sizes seen in compiler logs."""

from __future__ import annotations


def _ops(names: str) -> frozenset[str]:
    return frozenset(names.split())


OPS = _ops("""
ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D EXPAND_DIMS FULLY_CONNECTED L2_NORMALIZATION LOGISTIC
MAXIMUM MAX_POOL_2D MEAN MINIMUM MUL PACK PAD PRELU QUANTIZE REDUCE_MAX REDUCE_MIN RELU RELU6 RELU_N1_TO_1 RESHAPE
RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR RSQRT SLICE SOFTMAX SPACE_TO_DEPTH SPLIT SQUARED_DIFFERENCE SQUEEZE
STRIDED_SLICE SUB SUM TANH TRANSPOSE TRANSPOSE_CONV UNIDIRECTIONAL_SEQUENCE_LSTM
""")

KNOWN_VERSION = 2
"""Op versions up to this one date from before compiler 16."""
KNOWN_VERSIONS = {"CONV_2D": 3, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 4}
"""Newer ones that do too: what converters of that time gave these operators in int8."""

COMPILED_OP = "edgetpu-custom-op"
"""The one op that the Edge TPU compiler leaves in a compiled file."""

PARAMETER_CACHE = (int(6.9 * 2**20), int(7.7 * 2**20))
"""Bytes left for parameters after the program, smallest and largest in real logs."""
LARGE_ACTIVATION = 820_800
"""Elements of the smallest tensor that a compiler log named as the reason of a refusal."""
SRAM = 8 * 2**20
"""On-chip memory, about 8 MB."""
