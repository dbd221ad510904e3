"""QUANTIZE and DEQUANTIZE: at the ends of a file with uint8 input or output, and where precisions meet."""

from __future__ import annotations

from edgeconv.tflite.graph import Graph, Op
from edgeconv.tflite.spec import OpSpec, register


def _dequantize_version(graph: Graph, op: Op) -> int:
    return 3 if graph.tensors[op.inputs[0]].dtype == "int16" else 2


register(
    OpSpec("QUANTIZE", "QuantizeOptions", lambda _graph, _op: 2, int16=2),
    OpSpec("DEQUANTIZE", "DequantizeOptions", _dequantize_version),
)
