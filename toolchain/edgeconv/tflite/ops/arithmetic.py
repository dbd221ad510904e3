"""Arithmetic of two tensors."""

from __future__ import annotations

import numpy as np

from edgeconv.core.errors import Refused
from edgeconv.core.layout import Array
from edgeconv.tflite.emitter import Emitter
from edgeconv.tflite.spec import OpSpec, by_type, register

register(
    OpSpec("ADD", "AddOptions", by_type(1, 2), activation=True, int16=3),
    OpSpec("SUB", "SubOptions", by_type(1, 2), activation=True, int16=5),
    OpSpec("MUL", "MulOptions", by_type(1, 2), activation=True, int16=4),
    OpSpec("DIV", "DivOptions", by_type(1, 1), activation=True, int8=False),
    OpSpec("MAXIMUM", "MaximumMinimumOptions", by_type(1, 2), shares_scale=True, int16=4),
    OpSpec("MINIMUM", "MaximumMinimumOptions", by_type(1, 2), shares_scale=True, int16=4),
    OpSpec("POW", "PowOptions", by_type(1, 1), int8=False),
    OpSpec("FLOOR_MOD", "FloorModOptions", by_type(2, 2), int8=False),
    OpSpec("PRELU", None, by_type(1, 1)),
)

_DIRECT = {"Add": "ADD", "Sub": "SUB", "Mul": "MUL", "Max": "MAXIMUM", "Min": "MINIMUM"}


def binary(e: Emitter, op: str, left: str, right: str) -> str:
    if op in _DIRECT:
        return _emit(e, _DIRECT[op], left, right)
    if op not in _COMPOSED:
        raise Refused(f"no TFLite form of {op} is known", "rewrite it with Add, Sub, Mul, Div, Pow, Max or Min")
    return _COMPOSED[op](e, left, right)


def _emit(e: Emitter, kind: str, left: str, right: str) -> str:
    return e.emit(kind, [left, right], np.broadcast_shapes(e.shape(left), e.shape(right)))


def _div(e: Emitter, left: str, right: str) -> str:
    """By a constant: a product, which has an int8 kernel."""
    divisor = e.data(right)
    if divisor is None or not divisor.all():
        return _emit(e, "DIV", left, right)
    return _emit(e, "MUL", left, e.constant((1.0 / divisor.astype(np.float64)).astype(np.float32)))


def _pow(e: Emitter, left: str, right: str) -> str:
    """Small constant exponents become products and roots."""
    exponent = e.data(right)
    if exponent is None or exponent.size == 0 or (exponent != exponent.flat[0]).any():
        return _emit(e, "POW", left, right)
    shape = np.broadcast_shapes(e.shape(left), e.shape(right))
    value = float(exponent.flat[0])
    if shape != e.shape(left) or value not in (-1, -0.5, 0.5, 1, 2, 3, 4):
        return _emit(e, "POW", left, right)
    if value == 1:
        return left
    if value == -1:
        return _emit(e, "DIV", e.number(1.0), left)
    if value in (0.5, -0.5):
        return e.emit("SQRT" if value > 0 else "RSQRT", [left], shape)
    square = e.emit("MUL", [left, left], shape)
    return square if value == 2 else e.emit("MUL", [square, left if value == 3 else square], shape)


def _mod(e: Emitter, left: str, right: str) -> str:
    """fmod: the remainder takes the sign of the dividend, FLOOR_MOD's that of the divisor."""
    sizes = [e.emit("ABS", [t], e.shape(t)) for t in (left, right)]
    return _emit(e, "MUL", _emit(e, "FLOOR_MOD", *sizes), e.emit("SIGN", [left], e.shape(left)))


def prelu(e: Emitter, tensor: str, slope: str) -> str:
    """One slope for all: LEAKY_RELU; one per channel: PRELU; else x * slope + relu(x) * (1 - slope)."""
    shape = np.broadcast_shapes(e.shape(tensor), e.shape(slope))
    data = e.data(slope)
    if data is not None and data.size == 1:
        return e.emit("LEAKY_RELU", [tensor], e.shape(tensor), alpha=float(data.flat[0]))
    if data is not None and data.size == data.shape[-1] == shape[-1] and shape == e.shape(tensor):
        alpha = e.constant(data.reshape([1] * (len(shape) - 2) + [-1]).astype(np.float32))
        return e.emit("PRELU", [tensor, alpha], shape)
    rest = _rest(e, slope, data)
    positive = e.emit("RELU", [tensor], e.shape(tensor))
    return e.emit("ADD", [_emit(e, "MUL", tensor, slope), _emit(e, "MUL", positive, rest)], shape)


def _rest(e: Emitter, slope: str, data: Array | None) -> str:
    if data is not None:
        return e.constant((1.0 - data).astype(np.float32))
    return e.emit("SUB", [e.number(1.0), slope], e.shape(slope))


_COMPOSED = {"Div": _div, "Pow": _pow, "Mod": _mod, "PRelu": prelu}
