"""Which operators treat the frames of a batch one by one, so that they may run on one frame alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from edgeconv.core.layout import Array
from edgeconv.tflite.graph import Graph, Op, Tensor

_WINDOWS = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D", "MAX_POOL_2D", "RESIZE_BILINEAR", "TRANSPOSE_CONV"})
"""They do where the frames are the batch."""
_FRAMEWISE = frozenset({"MIRROR_PAD", "PAD", "PADV2", "STRIDED_SLICE"})
"""They do wherever they leave as many frames as there were."""
_ROWS = frozenset({"SOFTMAX", "LOG_SOFTMAX", "FULLY_CONNECTED"})
"""They work along the last axis."""
_REDUCING = frozenset({"MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD"})
_BROADCASTING = frozenset({
    "ABS", "ADD", "BATCH_MATMUL", "CEIL", "COS", "DEQUANTIZE", "DIV", "ELU", "EXP", "FLOOR", "FLOOR_MOD", "GELU",
    "GREATER",
    "HARD_SWISH", "LEAKY_RELU", "LOG", "LOGISTIC", "MAXIMUM", "MINIMUM", "MUL", "POW", "PRELU", "QUANTIZE", "RELU",
    "RELU6", "RELU_N1_TO_1", "ROUND", "RSQRT", "SELECT_V2", "SIGN", "SIN", "SQRT", "SUB", "TANH",
})  # fmt: skip


def leading(shape: Sequence[int]) -> int | None:
    """The first axis that is longer than 1."""
    return next((axis for axis, size in enumerate(shape) if size > 1), None)


def frames_axis(graph: Graph, op: Op, frames: Mapping[str, int]) -> int | None:
    """The axis of the frames in the result, where frame f of it hangs on frame f of what is computed, and on nothing
    that differs by frame; None: the operator looks at several frames, or is not known not to.

    Args:
        frames: tensors that hold frame after frame, and the axis they do it along: their first one longer than 1.
    """
    computed = [name for name in op.inputs if name and graph.tensors[name].data is None]
    if not computed or not all(name in frames for name in computed):
        return None
    before, out = graph.shape(computed[0]), graph.shape(op.outputs[0])
    axis, found = frames[computed[0]], leading(out)
    if found is None or out[found] != before[axis]:
        return None
    return found if _alone(graph, op, computed, axis, found) and all(frames[n] == axis for n in computed) else None


def _alone(graph: Graph, op: Op, computed: Sequence[str], axis: int, found: int) -> bool:
    """`axis` and `found`: of the frames in the first operand and in the result, which are as many."""
    rank = len(graph.shape(computed[0]))
    if op.kind == "RESHAPE":
        return True
    if op.kind in _REDUCING:
        gone = {int(a) % rank for a in _constant(graph, op, 1).reshape(-1)}
        return axis not in gone and found == axis - (0 if op.options["keepDims"] else sum(a < axis for a in gone))
    if found != axis:
        return False
    if op.kind in _WINDOWS:
        return axis == 0
    if op.kind in _FRAMEWISE:
        return True
    if op.kind in _ROWS:
        return axis < rank - 1
    if op.kind in _BROADCASTING:
        out = len(graph.shape(op.outputs[0]))
        return all(_aligned(graph.tensors[name], out, axis) for name in op.inputs if name)
    if op.kind == "TRANSPOSE":
        return int(_constant(graph, op, 1).reshape(-1)[axis]) == axis
    return op.kind == "CONCATENATION" and len(computed) == len(op.inputs)  # a constant operand may differ by frame


def _aligned(tensor: Tensor, rank: int, axis: int) -> bool:
    """Broadcasting meets its frames with those of the others; a constant is the same for all frames."""
    at = axis - (rank - len(tensor.shape))
    return len(tensor.shape) == rank if tensor.data is None else at < 0 or tensor.shape[at] == 1


def _constant(graph: Graph, op: Op, index: int) -> Array:
    data = graph.tensors[op.inputs[index]].data
    assert data is not None, f"{op.kind} '{op.outputs[0]}' computes its parameters"
    return np.asarray(data)


_SHAPED = {"RESHAPE": 1, "STRIDED_SLICE": 2, "TRANSPOSE_CONV": 0}
"""Operators with an input that names the size of the result along the frames, by its index."""


def for_one_frame(graph: Graph, op: Op, axis: int, made: Graph) -> Op:
    """The operator with every constant it reads (added to `made`), as it is where one frame lies along `axis` of its
    result.
    """
    inputs = list(op.inputs)
    at = _SHAPED.get(op.kind)
    if at is not None and len(inputs) > at:
        data = _constant(graph, op, at).copy()
        data[axis] = 1
        old = graph.tensors[inputs[at]]
        inputs[at] = f"{op.outputs[0]}/one_frame"
        made.add(replace(old, name=inputs[at], data=data))
    for name in inputs:
        if name and name not in made.tensors:
            made.add(graph.tensors[name])
    options = dict(op.options)
    if "newShape" in options:
        options["newShape"] = [1 if at == axis else size for at, size in enumerate(options["newShape"])]
    return replace(op, inputs=tuple(inputs), options=options)
