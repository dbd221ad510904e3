"""FULLY_CONNECTED."""

from __future__ import annotations

import numpy as np

from edgeconv.core.layout import Array
from edgeconv.tflite.emitter import Emitter
from edgeconv.tflite.spec import OpSpec, Weighted, by_type, register

# Per-channel weights need version 12, which tflite-runtime 2.14 does not register.
register(
    OpSpec("FULLY_CONNECTED", "FullyConnectedOptions", by_type(1, 4), weighted=Weighted(0, False), activation=True)
)


def dense(e: Emitter, tensor: str, weight: Array, bias: Array | None) -> str:
    """[rows, K] times [K, M]."""
    if bias is None:
        bias = np.zeros(weight.shape[1], np.float32)
    filters = e.constant(weight.T.astype(np.float32))
    shape = (e.shape(tensor)[0], weight.shape[1])
    return e.emit("FULLY_CONNECTED", [tensor, filters, e.constant(bias.astype(np.float32))], shape, keepNumDims=False)
