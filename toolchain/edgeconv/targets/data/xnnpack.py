"""What the XNNPACK delegate of LiteRT 2.3.0 takes, measured op by op.

How: one small model per op and type (TensorFlow 2.21 converter, x86-64 wheel), loaded with default settings;
an op is taken when its result comes out of a DELEGATE node. tests/toolchain/targets repeats a part of this.
"""

from __future__ import annotations


def _ops(names: str) -> frozenset[str]:
    return frozenset(names.split())


_TAKEN_IN_BOTH = _ops("""
ADD CONCATENATION CONV_2D DEPTHWISE_CONV_2D DEPTH_TO_SPACE FULLY_CONNECTED LEAKY_RELU LOGISTIC MAX_POOL_2D MEAN MUL
PAD QUANTIZE REDUCE_MAX REDUCE_MIN RESHAPE RESIZE_BILINEAR SLICE SPACE_TO_DEPTH SPLIT STRIDED_SLICE SUB SUM
TANH TRANSPOSE TRANSPOSE_CONV
""")
_REFUSED_IN_BOTH = _ops("""
ARG_MAX BATCH_TO_SPACE_ND BROADCAST_TO EXPAND_DIMS GATHER GATHER_ND GREATER L2_NORMALIZATION LOG_SOFTMAX MIRROR_PAD
PACK PADV2 REDUCE_PROD RESIZE_NEAREST_NEIGHBOR REVERSE_V2 SELECT SELECT_V2 SPACE_TO_BATCH_ND SPLIT_V SQUEEZE TILE
UNPACK
""")

TAKEN: dict[str, frozenset[str]] = {
    "int8": _TAKEN_IN_BOTH | {"BATCH_MATMUL", "DEQUANTIZE", "ELU"},
    "float32": _TAKEN_IN_BOTH
    | _ops("""
ABS AVERAGE_POOL_2D BATCH_MATMUL CEIL COS DIV ELU EXP FLOOR GELU HARD_SWISH LOG MAXIMUM MINIMUM NEG PRELU RELU
RELU6 RELU_N1_TO_1 ROUND RSQRT SIN SOFTMAX SQRT SQUARE SQUARED_DIFFERENCE
"""),
    "float32 with int8 weights": frozenset({"CONV_2D", "FULLY_CONNECTED"}),
    "float16": frozenset({"DEQUANTIZE"}),
}
"""Ops by the type they work on."""

REFUSED: dict[str, frozenset[str]] = {
    "int8": _REFUSED_IN_BOTH
    | _ops("""
ABS AVERAGE_POOL_2D DIV EXP GELU HARD_SWISH LOG MAXIMUM MINIMUM NEG PRELU RELU RELU6 RELU_N1_TO_1 RSQRT SOFTMAX SQRT
SQUARED_DIFFERENCE
"""),
    "float32": _REFUSED_IN_BOTH
    | frozenset({"CAST", "CONV_3D", "CONV_3D_TRANSPOSE", "CUMSUM", "POW", "RELU_0_TO_1", "SIGN"}),
    "float32 with int8 weights": frozenset({"DEPTHWISE_CONV_2D"}),
    "uint8": frozenset({"QUANTIZE"}),
    "bool": frozenset({"SELECT", "SELECT_V2"}),
}

REFUSED_TYPES = frozenset({"int16", "int32", "int64"})
"""No op was taken in these types (13 kinds of op were tried in int16, 10 in int32 and int64)."""

WEIGHTED = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV", "BATCH_MATMUL"})
"""Ops whose second input holds weights; with float data and int8 weights they count as their own type."""

TAKEN_2_14 = _ops("""
ABS ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D DEPTH_TO_SPACE DIV ELU FULLY_CONNECTED HARD_SWISH
LEAKY_RELU LOGISTIC MAXIMUM MAX_POOL_2D MEAN MINIMUM MUL NEG PAD PRELU RELU RELU6 RESHAPE RESIZE_BILINEAR SLICE SOFTMAX
SPLIT SQRT SQUARED_DIFFERENCE STRIDED_SLICE SUB SUM TANH TRANSPOSE TRANSPOSE_CONV
""")
"""What XNNPACK inside tflite-runtime 2.14 takes in float32; no integer op at all."""

REFUSED_2_14 = _ops("""
BATCH_MATMUL CUMSUM EXP EXPAND_DIMS GATHER GELU LOG LOG_SOFTMAX MIRROR_PAD PACK REDUCE_MAX RESIZE_NEAREST_NEIGHBOR RSQRT
SQUEEZE TILE UNPACK
""")
