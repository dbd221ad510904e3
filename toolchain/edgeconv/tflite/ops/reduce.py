"""MEAN, SUM, REDUCE_MAX, REDUCE_MIN, REDUCE_PROD, SOFTMAX and LOG_SOFTMAX."""

from __future__ import annotations

from collections.abc import Sequence

from edgeconv.tflite.emitter import Emitter
from edgeconv.tflite.ops.views import reshape
from edgeconv.tflite.spec import OpSpec, by_type, register

register(
    OpSpec("MEAN", "ReducerOptions", by_type(1, 2), int16=3),
    OpSpec("SUM", "ReducerOptions", by_type(1, 2)),
    OpSpec("REDUCE_MAX", "ReducerOptions", by_type(1, 2), shares_scale=True, int16=3),
    OpSpec("REDUCE_MIN", "ReducerOptions", by_type(1, 2), shares_scale=True, int16=3),
    OpSpec("REDUCE_PROD", "ReducerOptions", by_type(1, 2)),
    OpSpec("SOFTMAX", "SoftmaxOptions", by_type(1, 2), fixed_output=(1 / 256, -128), int16=3),
    OpSpec("LOG_SOFTMAX", "LogSoftmaxOptions", by_type(1, 2), fixed_output=(16 / 256, 127)),
)

_KINDS = {
    "ReduceMean": "MEAN",
    "ReduceSum": "SUM",
    "ReduceMax": "REDUCE_MAX",
    "ReduceMin": "REDUCE_MIN",
    "ReduceProd": "REDUCE_PROD",
}


def reduce(e: Emitter, op: str, tensor: str, axes: Sequence[int]) -> str:
    """A mean over rows and columns of several frames is one over their pixels, [1, N, H·W, C]: NPUs take it, TFLite's
    kernel for one axis rounds once (that for two axes twice), and strips have the same operator.
    """
    shape = e.shape(tensor)
    made = tuple(1 if i in axes else s for i, s in enumerate(shape))
    if op == "ReduceMean" and tuple(axes) == (1, 2) and len(shape) == 4 and shape[0] > 1:
        pixels = reshape(e, tensor, (1, shape[0], shape[1] * shape[2], shape[3]))
        mean = e.emit("MEAN", [pixels, e.ints([2])], (1, shape[0], 1, shape[3]), keepDims=True)
        return reshape(e, mean, made)
    return e.emit(_KINDS[op], [tensor, e.ints(list(axes))], made, keepDims=True)


def softmax(e: Emitter, tensor: str, log: bool) -> str:
    if log:
        return e.emit("LOG_SOFTMAX", [tensor], e.shape(tensor))
    return e.emit("SOFTMAX", [tensor], e.shape(tensor), beta=1.0)
