"""The ops on TensorFlow's page of the GPU delegate, recalled from that page; no copy of it was at hand."""

from __future__ import annotations


def _ops(names: str) -> frozenset[str]:
    return frozenset(names.split())


DOCUMENTED = _ops("""
ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D EXP FULLY_CONNECTED LOGISTIC MAXIMUM MAX_POOL_2D MINIMUM
MIRROR_PAD MUL PAD PRELU RELU RELU6 RESHAPE RESIZE_BILINEAR SOFTMAX STRIDED_SLICE SUB TRANSPOSE_CONV
""")
