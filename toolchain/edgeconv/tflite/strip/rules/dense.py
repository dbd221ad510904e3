"""FULLY_CONNECTED, SOFTMAX and LOG_SOFTMAX: what works along the last axis."""

from __future__ import annotations

import math

from edgeconv.tflite.graph import Op
from edgeconv.tflite.strip.builder import Strip
from edgeconv.tflite.strip.forms import Form, fits, grouped
from edgeconv.tflite.strip.registry import rule


@rule("FULLY_CONNECTED")
def dense(strip: Strip, op: Op) -> None:
    """Before: [..., K]. After: [rows, K], so that the operator is of version 4, which all compilers know."""
    x, out = op.inputs[0], op.outputs[0]
    rows = math.prod(strip.shape(x)[:-1])
    inputs = [strip.view(strip.plain(x).tensor, (rows, strip.shape(x)[-1])), *(strip.kept(i) for i in op.inputs[1:])]
    options = {**op.options, "keepNumDims": False}
    strip.made(out, Form(strip.emit(op.kind, inputs, (rows, strip.shape(out)[-1]), out, out, **options)))


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
