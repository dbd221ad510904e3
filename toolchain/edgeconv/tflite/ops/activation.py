"""Functions of one tensor that TFLite has an operator for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgeconv.tflite.emitter import Emitter
from edgeconv.tflite.spec import OpSpec, by_type, register

register(
    OpSpec("RELU", None, by_type(1, 2), int16=3),
    OpSpec("RELU6", None, by_type(1, 2), int16=3),
    OpSpec("RELU_N1_TO_1", None, by_type(1, 1), int8=False),
    OpSpec("LOGISTIC", None, by_type(1, 2), fixed_output=(1 / 256, -128), int16=3),
    OpSpec("TANH", None, by_type(1, 2), fixed_output=(1 / 128, 0), int16=3),
    OpSpec("HARD_SWISH", "HardSwishOptions", by_type(1, 1)),
    OpSpec("LEAKY_RELU", "LeakyReluOptions", by_type(1, 2), int16=2),
    OpSpec("ELU", None, by_type(1, 1)),
    OpSpec("GELU", "GeluOptions", by_type(1, 2)),
    OpSpec("EXP", "ExpOptions", by_type(1, 2), int16=2),
    OpSpec("LOG", None, by_type(1, 1), int8=False),
    OpSpec("SQRT", None, by_type(1, 1), int8=False),
    OpSpec("RSQRT", None, by_type(1, 2)),
    OpSpec("ABS", "AbsOptions", by_type(1, 2), int16=3),
    OpSpec("FLOOR", None, by_type(1, 1), int8=False),
    OpSpec("CEIL", None, by_type(1, 1), int8=False),
    OpSpec("ROUND", None, by_type(1, 1), int8=False),
    OpSpec("SIGN", "SignOptions", by_type(2, 2), int8=False),
    OpSpec("SIN", None, by_type(1, 1), int8=False),
    OpSpec("COS", "CosOptions", by_type(1, 1), int8=False),
)

DIRECT = {
    "Relu": "RELU",
    "Sigmoid": "LOGISTIC",
    "Tanh": "TANH",
    "HardSwish": "HARD_SWISH",
    "Exp": "EXP",
    "Log": "LOG",
    "Sqrt": "SQRT",
    "Rsqrt": "RSQRT",
    "Abs": "ABS",
    "Floor": "FLOOR",
    "Ceil": "CEIL",
    "Round": "ROUND",
    "Sign": "SIGN",
    "Sin": "SIN",
    "Cos": "COS",
}


def leaky_relu(e: Emitter, tensor: str, attributes: Mapping[str, Any]) -> str:
    return e.emit("LEAKY_RELU", [tensor], e.shape(tensor), alpha=float(attributes.get("alpha", 0.01)))


def gelu(e: Emitter, tensor: str, attributes: Mapping[str, Any]) -> str:
    approximate = _text(attributes.get("approximate", "none")) == "tanh"
    return e.emit("GELU", [tensor], e.shape(tensor), approximate=approximate)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
