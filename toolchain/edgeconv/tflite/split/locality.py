"""Which operators treat the frames of a batch one by one, so that they may run on one frame alone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from edgeconv.core.layout import Array
from edgeconv.tflite.graph import Graph, Op, Tensor

_FRAMEWISE = frozenset({
    "CONV_2D", "DEPTHWISE_CONV_2D", "MAX_POOL_2D", "MIRROR_PAD", "PAD", "PADV2", "RESHAPE", "RESIZE_BILINEAR",
    "STRIDED_SLICE", "TRANSPOSE_CONV",
})  # fmt: skip
"""They do wherever they leave as many frames as there were."""
_ROWS = frozenset({"SOFTMAX", "LOG_SOFTMAX", "FULLY_CONNECTED"})
"""They work along the last axis."""
_REDUCING = frozenset({"MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD"})
_BROADCASTING = frozenset({
    "ABS", "ADD", "BATCH_MATMUL", "CEIL", "COS", "DIV", "ELU", "EXP", "FLOOR", "FLOOR_MOD", "GELU", "GREATER",
    "HARD_SWISH", "LEAKY_RELU", "LOG", "LOGISTIC", "MAXIMUM", "MINIMUM", "MUL", "POW", "PRELU", "QUANTIZE", "RELU",
    "RELU6", "RELU_N1_TO_1", "ROUND", "RSQRT", "SELECT_V2", "SIGN", "SIN", "SQRT", "SUB", "TANH",
})  # fmt: skip


def treats_frames_alone(graph: Graph, op: Op, frames: Collection[str]) -> bool:
    """Whether frame f of the result hangs on frame f of what is computed, and on nothing that differs by frame.

    Args:
        frames: tensors whose first axis is known to be the frames.
    """
    computed = [name for name in op.inputs if name and graph.tensors[name].data is None]
    if not computed or not all(name in frames for name in computed):
        return False
    batch, out = graph.shape(computed[0])[0], graph.shape(op.outputs[0])
    if not out or out[0] != batch:
        return False
    if op.kind in _FRAMEWISE:
        return True
    if op.kind in _ROWS:
        return len(graph.shape(computed[0])) > 1 and len(out) > 1
    if op.kind in _REDUCING:
        return 0 not in {int(a) % len(graph.shape(computed[0])) for a in _constant(graph, op, 1).reshape(-1)}
    if op.kind in _BROADCASTING:
        return all(_aligned(graph.tensors[name], len(out), batch) for name in op.inputs if name)
    if op.kind == "TRANSPOSE":
        return int(_constant(graph, op, 1).reshape(-1)[0]) == 0
    if op.kind == "CONCATENATION":
        return len(computed) == len(op.inputs)  # a constant operand may differ by frame
    return False


def _aligned(tensor: Tensor, rank: int, batch: int) -> bool:
    """Broadcasting meets its frames with those of the others; a constant is the same for all frames."""
    if tensor.data is None:
        return len(tensor.shape) == rank and tensor.shape[0] == batch
    return len(tensor.shape) < rank or tensor.shape[0] == 1


def _constant(graph: Graph, op: Op, index: int) -> Array:
    data = graph.tensors[op.inputs[index]].data
    assert data is not None, f"{op.kind} '{op.outputs[0]}' computes its parameters"
    return np.asarray(data)


_SHAPED = {"RESHAPE": 1, "STRIDED_SLICE": 2, "TRANSPOSE_CONV": 0}
"""Operators with an input that names the size of the result along the frames, by its index."""


def for_one_frame(graph: Graph, op: Op, made: Graph) -> Op:
    """The operator with every constant it reads (added to `made`), as it is for a batch of 1."""
    inputs = list(op.inputs)
    at = _SHAPED.get(op.kind)
    if at is not None and len(inputs) > at:
        data = _constant(graph, op, at).copy()
        data[0] = 1
        old = graph.tensors[inputs[at]]
        inputs[at] = f"{op.outputs[0]}/one_frame"
        made.add(replace(old, name=inputs[at], data=data))
    for name in inputs:
        if name and name not in made.tensors:
            made.add(graph.tensors[name])
    options = dict(op.options)
    if "newShape" in options:
        options["newShape"] = [1, *options["newShape"][1:]]
    return replace(op, inputs=tuple(inputs), options=options)
