"""What was run in ONNX Runtime 1.32 on a CPU."""

from __future__ import annotations

from edgeconv.core.backend import ONNX_OPS


def _ops(names: str) -> frozenset[str]:
    return frozenset(names.split())


RUN = frozenset(ONNX_OPS) | _ops("""
Constant ConstantOfShape ConvInteger DequantizeLinear Einsum Gather InstanceNormalization LayerNormalization QLinearConv
QuantizeLinear Shape Tile Transpose
""")
"""Lowered networks and the 3D graphs before them."""

TYPES = frozenset({"float32", "int8", "uint8", "int32", "int64", "bool"})
