"""FULLY_CONNECTED."""

from __future__ import annotations

import numpy as np

from edgeconv.core.layout import Array
from edgeconv.tflite.emitter import Emitter
from edgeconv.tflite.graph import Graph, Op
from edgeconv.tflite.spec import OpSpec, Weighted, by_type, register


def _version(graph: Graph, op: Op) -> int:
    """5: axes before the last are kept."""
    return 5 if op.options["keepNumDims"] else by_type(1, 4)(graph, op)


# Per-channel weights need version 12, which tflite-runtime 2.14 does not register.
register(
    OpSpec("FULLY_CONNECTED", "FullyConnectedOptions", _version, weighted=Weighted(0, False), activation=True, int16=7)
)


def dense(e: Emitter, tensor: str, weight: Array, bias: Array | None) -> str:
    """[..., K] times [K, M]."""
    if bias is None:
        bias = np.zeros(weight.shape[1], np.float32)
    filters = e.constant(weight.T.astype(np.float32))
    rows = e.shape(tensor)[:-1]
    inputs = [tensor, filters, e.constant(bias.astype(np.float32))]
    return e.emit("FULLY_CONNECTED", inputs, (*rows, weight.shape[1]), keepNumDims=len(rows) != 1)
