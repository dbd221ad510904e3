"""What works element by element, with broadcasts: gaps may stay, whatever they hold."""

from __future__ import annotations

import math

from edgeconv.core.errors import Refused
from edgeconv.tflite.graph import Op
from edgeconv.tflite.strip.builder import Strip, spread
from edgeconv.tflite.strip.forms import Form, Shape, common_view, stretched
from edgeconv.tflite.strip.registry import rule

_PARTIAL = ("DIV", "FLOOR_MOD", "LOG", "POW", "RSQRT", "SQRT")
"""What a gap holds may have no result."""
_KEEPS_ZERO = ("QUANTIZE",)


@rule(
    "ABS", "ADD", "CEIL", "COS", "DIV", "ELU", "EQUAL", "EXP", "FLOOR", "FLOOR_MOD", "GELU", "GREATER", "GREATER_EQUAL",
    "HARD_SWISH", "LEAKY_RELU", "LESS", "LESS_EQUAL", "LOG", "LOGISTIC", "MAXIMUM", "MINIMUM", "MUL", "NEG", "POW",
    "PRELU", "QUANTIZE", "RELU", "RELU6", "RELU_N1_TO_1", "ROUND", "RSQRT", "SELECT", "SELECT_V2", "SIGN", "SIN",
    "SQRT", "SUB", "TANH",
)  # fmt: skip
def elementwise(strip: Strip, op: Op) -> None:
    """Before: any shapes that broadcast. After: the same in views of batch 1, adjacent axes on which the operands
    agree merged; on gapped frames where all operands lie so. A view of four axes that all differ has no such form.
    """
    out = op.outputs[0]
    shape = strip.shape(out)
    frames, tail = _common(strip, op)
    whole = spread(Form("", frames, tail), shape)
    assert whole is not None
    operands = [_operand(strip, name, shape, frames, tail) for name in op.inputs]
    shapes = [s for _, s in operands]
    views = common_view(shapes, whole)
    if views is None:
        raise Refused(
            f"its operands vary on more than three axes of {list(shape)}", "broadcast them in two steps, or use frames"
        )
    inputs = [
        strip.reshaped_constant(name, v if math.prod(v) == math.prod(strip.shape(name)) else strip.shape(name))
        if form is None
        else strip.view(form.tensor, v)
        for name, (form, _), v in zip(op.inputs, operands, views, strict=False)
    ]
    tensor = strip.emit(op.kind, inputs, views[-1], out, out, **op.options)
    clean = tail == 0 or (op.kind in _KEEPS_ZERO and all(f is None or f.clean for f, _ in operands))
    strip.made(out, Form(tensor, frames, tail, clean))


def _common(strip: Strip, op: Op) -> tuple[int, int]:
    """Frames and tail that all operands can be had with for nothing; (1, 0) where there are none."""
    shape = strip.shape(op.outputs[0])
    full = [i for i in dict.fromkeys(op.inputs) if strip.data(i) is None and strip.shape(i) == shape]
    if not full or op.kind in _PARTIAL:
        return 1, 0
    offers = [{(f.frames, f.tail) for f in strip.forms(i) if f.tail} for i in full]
    plain = all(any(f.tail == 0 for f in strip.forms(i)) for i in full)
    gapped = [o for o in set.intersection(*offers) if _takes(strip, op, *o)]
    if not gapped or (plain and not strip.masks(full[0])):
        return 1, 0
    order = [(f.frames, f.tail) for f in strip.forms(full[0])]
    return min(gapped, key=order.index)


def _takes(strip: Strip, op: Op, frames: int, tail: int) -> bool:
    """Every smaller operand is the same along the axis that grew."""
    shape = strip.shape(op.outputs[0])
    found = stretched(shape, frames, tail)
    if found is None:
        return False
    small = [strip.shape(i) for i in op.inputs if strip.shape(i) != shape]
    behind = len(shape) - found.axis
    return all(len(s) < behind or s[-behind] == 1 for s in small)


def _operand(strip: Strip, name: str, shape: Shape, frames: int, tail: int) -> tuple[Form | None, Shape]:
    """Its form (None: a constant) and its shape in it."""
    own = strip.shape(name)
    if strip.data(name) is not None:
        return None, own
    if own != shape or tail == 0:
        return strip.plain(name), own
    fit = [f for f in strip.forms(name) if (f.frames, f.tail) == (frames, tail)]
    form = next((f for f in fit if f.clean), fit[0])
    spread_shape = spread(form, own)
    assert spread_shape is not None
    return form, spread_shape
