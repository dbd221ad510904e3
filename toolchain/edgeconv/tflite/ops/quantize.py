"""QUANTIZE, only ever emitted at the ends of a file with uint8 input or output."""

from __future__ import annotations

from edgeconv.tflite.spec import OpSpec, register

register(OpSpec("QUANTIZE", "QuantizeOptions", lambda _graph, _op: 2))
