"""MEAN, SUM, REDUCE_MAX, REDUCE_MIN, REDUCE_PROD, SOFTMAX and LOG_SOFTMAX."""

from __future__ import annotations

from collections.abc import Sequence

from edgeconv.tflite.emitter import Emitter
from edgeconv.tflite.spec import OpSpec, by_type, register

register(
    OpSpec("MEAN", "ReducerOptions", by_type(1, 2)),
    OpSpec("SUM", "ReducerOptions", by_type(1, 2)),
    OpSpec("REDUCE_MAX", "ReducerOptions", by_type(1, 2), shares_scale=True),
    OpSpec("REDUCE_MIN", "ReducerOptions", by_type(1, 2), shares_scale=True),
    OpSpec("REDUCE_PROD", "ReducerOptions", by_type(1, 2)),
    OpSpec("SOFTMAX", "SoftmaxOptions", by_type(1, 2), fixed_output=(1 / 256, -128)),
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
    shape = [1 if i in axes else s for i, s in enumerate(e.shape(tensor))]
    return e.emit(_KINDS[op], [tensor, e.ints(list(axes))], shape, keepDims=True)


def softmax(e: Emitter, tensor: str, log: bool) -> str:
    if log:
        return e.emit("LOG_SOFTMAX", [tensor], e.shape(tensor))
    return e.emit("SOFTMAX", [tensor], e.shape(tensor), beta=1.0)
