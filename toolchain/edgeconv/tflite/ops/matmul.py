"""BATCH_MATMUL: the product of two computed tensors."""

from __future__ import annotations

import numpy as np

from edgeconv.tflite.emitter import Emitter
from edgeconv.tflite.ops.dense import dense
from edgeconv.tflite.spec import OpSpec, by_type, register

register(OpSpec("BATCH_MATMUL", "BatchMatMulOptions", by_type(1, 2), symmetric_inputs=(1,), int16=3))


def matmul(e: Emitter, left: str, right: str, adjoint: bool) -> str:
    """[..., M, K] times [..., K, N] ([..., N, K] with `adjoint`). A constant matrix on the right is a dense layer."""
    a, b = e.shape(left), e.shape(right)
    constant = e.data(right)
    if constant is not None and constant.size == b[-1] * b[-2]:
        matrix = constant.reshape(b[-2:])
        return dense(e, left, matrix.T if adjoint else matrix, None)
    batch = np.broadcast_shapes(a[:-2], b[:-2])
    shape = (*batch, a[-2], b[-2] if adjoint else b[-1])
    return e.emit("BATCH_MATMUL", [left, right], shape, adjX=False, adjY=adjoint)
