"""Activations and arithmetic of one and two tensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from edgeconv.core.errors import Refused
from edgeconv.tflite.emitter import Emitter
from edgeconv.tflite.spec import OpSpec, by_type, register

register(
    OpSpec("RELU", None, by_type(1, 2)),
    OpSpec("RELU6", None, by_type(1, 2)),
    OpSpec("RELU_N1_TO_1", None, by_type(1, 1), int8=False),
    OpSpec("LOGISTIC", None, by_type(1, 2), fixed_output=(1 / 256, -128)),
    OpSpec("TANH", None, by_type(1, 2), fixed_output=(1 / 128, 0)),
    OpSpec("HARD_SWISH", "HardSwishOptions", by_type(1, 1)),
    OpSpec("LEAKY_RELU", "LeakyReluOptions", by_type(1, 2)),
    OpSpec("ELU", None, by_type(1, 1)),
    OpSpec("EXP", "ExpOptions", by_type(1, 1), int8=False),
    OpSpec("SQRT", None, by_type(1, 1), int8=False),
    OpSpec("ABS", "AbsOptions", by_type(1, 2)),
    OpSpec("ADD", "AddOptions", by_type(1, 2), activation=True),
    OpSpec("SUB", "SubOptions", by_type(1, 2), activation=True),
    OpSpec("MUL", "MulOptions", by_type(1, 2), activation=True),
    OpSpec("DIV", "DivOptions", by_type(1, 1), activation=True, int8=False),
    OpSpec("MAXIMUM", "MaximumMinimumOptions", by_type(1, 2), shares_scale=True),
    OpSpec("MINIMUM", "MaximumMinimumOptions", by_type(1, 2), shares_scale=True),
)

_UNARY = {
    "Relu": "RELU",
    "Sigmoid": "LOGISTIC",
    "Tanh": "TANH",
    "HardSwish": "HARD_SWISH",
    "Exp": "EXP",
    "Sqrt": "SQRT",
    "Abs": "ABS",
}
_BINARY = {"Add": "ADD", "Sub": "SUB", "Mul": "MUL", "Div": "DIV", "Max": "MAXIMUM", "Min": "MINIMUM"}


def unary(e: Emitter, op: str, tensor: str, attributes: Mapping[str, Any]) -> str:
    shape = e.shape(tensor)
    if op == "Clip":
        return _clip(e, tensor, float(attributes["min"]), float(attributes["max"]))
    if op == "LeakyRelu":
        return e.emit("LEAKY_RELU", [tensor], shape, alpha=float(attributes.get("alpha", 0.01)))
    if op == "Elu" and float(attributes.get("alpha", 1.0)) == 1.0:
        return e.emit("ELU", [tensor], shape)
    if op not in _UNARY:
        raise Refused(f"no TFLite form of {op} is emitted yet", "replace the activation, or use the 4D ONNX")
    return e.emit(_UNARY[op], [tensor], shape)


def _clip(e: Emitter, tensor: str, low: float, high: float) -> str:
    named = {(0.0, np.inf): "RELU", (0.0, 6.0): "RELU6"}
    shape = e.shape(tensor)
    if (low, high) in named:
        return e.emit(named[low, high], [tensor], shape)
    if low > -np.inf:
        tensor = e.emit("MAXIMUM", [tensor, e.constant(np.array([low], np.float32))], shape)
    if high < np.inf:
        tensor = e.emit("MINIMUM", [tensor, e.constant(np.array([high], np.float32))], shape)
    return tensor


def binary(e: Emitter, op: str, left: str, right: str) -> str:
    if op not in _BINARY:
        raise Refused(f"no TFLite form of {op} is emitted yet", "rewrite it with Add, Sub, Mul, Div, Max or Min")
    return e.emit(_BINARY[op], [left, right], np.broadcast_shapes(e.shape(left), e.shape(right)))
