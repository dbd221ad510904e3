"""Functions of one tensor that TFLite has no operator for, out of others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from edgeconv.core.errors import Refused
from edgeconv.tflite.emitter import Emitter
from edgeconv.tflite.ops.activation import DIRECT, gelu, leaky_relu

Attributes = Mapping[str, Any]


def unary(e: Emitter, op: str, tensor: str, attributes: Attributes) -> str:
    if op in DIRECT:
        return _f(e, DIRECT[op], tensor)
    if op not in _COMPOSED:
        raise Refused(f"no TFLite form of {op} is known", "replace the activation, or use the 4D ONNX")
    return _COMPOSED[op](e, tensor, attributes)


def _f(e: Emitter, kind: str, *tensors: str) -> str:
    return e.emit(kind, tensors, np.broadcast_shapes(*(e.shape(t) for t in tensors)))


def _times(e: Emitter, tensor: str, factor: float) -> str:
    return tensor if factor == 1 else _f(e, "MUL", tensor, e.number(factor))


def _plus(e: Emitter, tensor: str, term: float) -> str:
    return tensor if term == 0 else _f(e, "ADD", tensor, e.number(term))


def _clip(e: Emitter, tensor: str, attributes: Attributes) -> str:
    low, high = float(attributes.get("min", -np.inf)), float(attributes.get("max", np.inf))
    named = {(0.0, np.inf): "RELU", (0.0, 6.0): "RELU6", (-1.0, 1.0): "RELU_N1_TO_1"}
    if (low, high) in named:
        return _f(e, named[low, high], tensor)
    if low > -np.inf:
        tensor = _f(e, "RELU", tensor) if low == 0 else _f(e, "MAXIMUM", tensor, e.number(low))
    if high < np.inf:
        tensor = _f(e, "MINIMUM", tensor, e.number(high))
    return tensor


def _hard_sigmoid(e: Emitter, tensor: str, attributes: Attributes) -> str:
    """max(0, min(1, alpha x + beta)) = relu6(6 alpha x + 6 beta) / 6."""
    alpha, beta = float(attributes.get("alpha", 0.2)), float(attributes.get("beta", 0.5))
    line = _plus(e, _times(e, tensor, float(np.float32(6 * alpha))), 6 * beta)
    return _times(e, _f(e, "RELU6", line), 1 / 6)


def _swish(e: Emitter, tensor: str, attributes: Attributes) -> str:
    """x / (1 + exp(-alpha x))."""
    return _f(e, "MUL", tensor, _f(e, "LOGISTIC", _times(e, tensor, float(attributes.get("alpha", 1.0)))))


def _elu(e: Emitter, tensor: str, attributes: Attributes) -> str:
    """alpha ELU(x) + (1 - alpha) relu(x)."""
    alpha = float(attributes.get("alpha", 1.0))
    return _two_slopes(e, tensor, alpha, 1.0)


def _selu(e: Emitter, tensor: str, attributes: Attributes) -> str:
    """gamma (x for x > 0, else alpha (exp(x) - 1))."""
    alpha = float(attributes.get("alpha", 1.6732631921768188))
    gamma = float(attributes.get("gamma", 1.0507010221481323))
    return _two_slopes(e, tensor, gamma * alpha, gamma)


def _two_slopes(e: Emitter, tensor: str, below: float, above: float) -> str:
    """below (exp(x) - 1) for x < 0, above x for x > 0."""
    bent = _times(e, _f(e, "ELU", tensor), below)
    if below == above:
        return bent
    return _f(e, "ADD", bent, _times(e, _f(e, "RELU", tensor), above - below))


def _celu(e: Emitter, tensor: str, attributes: Attributes) -> str:
    """alpha ELU(x / alpha)."""
    alpha = float(attributes.get("alpha", 1.0))
    return _times(e, _f(e, "ELU", _times(e, tensor, 1 / alpha)), alpha)


def _neg(e: Emitter, tensor: str, _attributes: Attributes) -> str:
    return _times(e, tensor, -1.0)


def _reciprocal(e: Emitter, tensor: str, _attributes: Attributes) -> str:
    return _f(e, "DIV", e.number(1.0), tensor)


def _softplus(e: Emitter, tensor: str, _attributes: Attributes) -> str:
    """log(1 + exp(x)) = relu(x) + log(1 + exp(-|x|)): no overflow."""
    small = _f(e, "EXP", _times(e, _f(e, "ABS", tensor), -1.0))
    return _f(e, "ADD", _f(e, "RELU", tensor), _f(e, "LOG", _plus(e, small, 1.0)))


def _mish(e: Emitter, tensor: str, _attributes: Attributes) -> str:
    """x tanh(log(1 + exp(x))) = x (1 - t^2) / (1 + t^2), t = 1 / (1 + exp(x)): no overflow, and it has an int8 form."""
    t = _f(e, "LOGISTIC", _times(e, tensor, -1.0))
    square, one = _f(e, "MUL", t, t), e.number(1.0)
    share = _f(e, "DIV", _f(e, "SUB", one, square), _f(e, "ADD", square, one))
    return _f(e, "MUL", tensor, share)


def _softsign(e: Emitter, tensor: str, _attributes: Attributes) -> str:
    """x / (1 + |x|)."""
    return _f(e, "DIV", tensor, _plus(e, _f(e, "ABS", tensor), 1.0))


def _thresholded_relu(e: Emitter, tensor: str, attributes: Attributes) -> str:
    """x where x > alpha, else 0."""
    alpha = float(attributes.get("alpha", 1.0))
    above = e.emit_bool("GREATER", [tensor, e.number(alpha)], e.shape(tensor))
    return e.emit("SELECT_V2", [above, tensor, e.number(0.0)], e.shape(tensor))


_ERF = (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)


def _erf(e: Emitter, tensor: str, _attributes: Attributes) -> str:
    """1 - p(t) exp(-x^2), t = 1 / (1 + 0.3275911 |x|), times the sign of x: Abramowitz and Stegun 7.1.26.

    Off by at most 1.5e-7, about one float32 rounding of its largest value. The sign is x / |x|: delegates take no SIGN.
    """
    size = _f(e, "ABS", tensor)
    sign = _f(e, "DIV", tensor, _f(e, "MAXIMUM", size, e.number(1e-30)))
    t = _f(e, "DIV", e.number(1.0), _plus(e, _times(e, size, 0.3275911), 1.0))
    sum_ = _times(e, t, _ERF[0])
    for factor in _ERF[1:]:
        sum_ = _f(e, "MUL", _plus(e, sum_, factor), t)
    gauss = _f(e, "EXP", _times(e, _f(e, "MUL", tensor, tensor), -1.0))
    magnitude = _f(e, "SUB", e.number(1.0), _f(e, "MUL", sum_, gauss))
    return _f(e, "MUL", magnitude, sign)


_COMPOSED: dict[str, Callable[[Emitter, str, Attributes], str]] = {
    "Celu": _celu,
    "Clip": _clip,
    "Elu": _elu,
    "Erf": _erf,
    "Gelu": gelu,
    "HardSigmoid": _hard_sigmoid,
    "LeakyRelu": leaky_relu,
    "Mish": _mish,
    "Neg": _neg,
    "Reciprocal": _reciprocal,
    "Selu": _selu,
    "Softplus": _softplus,
    "Softsign": _softsign,
    "Swish": _swish,
    "ThresholdedRelu": _thresholded_relu,
}
