"""Structural gates: what an artifact must look like, read back from the saved file itself."""

from edgeconv.gates.onnx_gates import gate_4d, gate_onnx
from edgeconv.gates.tflite_gates import gate_batch, gate_int8, gate_tflite

__all__ = ["gate_4d", "gate_batch", "gate_int8", "gate_onnx", "gate_tflite"]
