"""FULLY_CONNECTED, SOFTMAX and LOG_SOFTMAX: what works along the last axis."""

from __future__ import annotations

import math

from edgeconv.tflite.graph import Op
from edgeconv.tflite.strip.builder import Strip
from edgeconv.tflite.strip.forms import Form, fits, grouped
from edgeconv.tflite.strip.registry import rule


@rule("FULLY_CONNECTED")
def dense(strip: Strip, op: Op) -> None:
    """Before: [..., K]. After: [rows, K]."""
    x, out = op.inputs[0], op.outputs[0]
    shape, made, options = strip.shape(x), strip.shape(out), op.options
    if not fits(shape):
        rows = math.prod(shape[:-1])
        shape, made, options = (rows, shape[-1]), (rows, made[-1]), {**options, "keepNumDims": False}
    inputs = [strip.view(strip.plain(x).tensor, shape), *(strip.kept(i) for i in op.inputs[1:])]
    strip.made(out, Form(strip.emit(op.kind, inputs, made, out, out, **options)))


@rule("SOFTMAX", "LOG_SOFTMAX")
def softmax(strip: Strip, op: Op) -> None:
    """Before: over the last axis. After: the same in a view of batch 1."""
    x, out = op.inputs[0], op.outputs[0]
    shape = strip.shape(x)
    if not fits(shape):
        view = grouped(shape, (len(shape) - 1,))
        assert view is not None
        shape = view.shape
    inputs = [strip.view(strip.plain(x).tensor, shape)]
    strip.made(out, Form(strip.emit(op.kind, inputs, shape, out, out, **op.options)))
