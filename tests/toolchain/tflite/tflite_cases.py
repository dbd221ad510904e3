"""One small graph per operator and per form, for tests of the float file, of int8 and of delegation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from tflite_graphs import Build, numbers

from edgeconv.core.backend import Window

SHAPE = (2, 5, 7, 4)
SAME = Window((3, 3), (1, 1), (1, 1), (1, 1), (1, 1))
HALF = Window((3, 3), (2, 2), (1, 1), (1, 1), (1, 1))
AFTER_CONV = numbers(4, 4, 1, 1, seed=8)


@dataclass(frozen=True)
class Case:
    build: Build
    more: tuple[tuple[int, ...], ...] = ()
    """Shapes of the inputs after the first."""
    cut: str = ""
    """Why XNNPACK does not take it whole in int8."""
    bound: int = 1
    """Steps that a chain of kernels may be off; one for a single one."""

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        return (SHAPE, *self.more)


def unary(op: str, **attributes: Any) -> Build:
    return lambda b, x: b.unary(op, x, attributes)


def binary(op: str, *shape: int, low: float = -1.0, high: float = 1.0) -> Build:
    """With a constant on the right."""
    return lambda b, x: b.binary(op, x, b.constant(numbers(*shape, low=low, high=high)))


def positive(op: str) -> Build:
    return lambda b, x: b.unary(op, b.binary("Add", b.unary("Relu", x, {}), b.constant(np.array([0.3], "f"))), {})


def up(out: int, kernel: int, stride: int, pad: int = 0, extra: int = 0, relu: bool = False) -> Build:
    def build(b: Any, x: str) -> str:
        window = Window((kernel, kernel), (stride, stride), (1, 1), (pad, pad), (pad, pad))
        weight = numbers(4, out, kernel, kernel) * np.linspace(0.05, 3, out, dtype="f")[:, None, None]
        y: str = b.conv_transpose2d(x, weight, numbers(out), window, 1, (extra, extra))
        made: str = b.unary("Relu", y, {}) if relu else y
        return made

    return build


def resize(coordinates: str, height: int, width: int) -> Build:
    return lambda b, x: b.resize2d(x, (2, height, width, 4), coordinates)


def pad(mode: str, before: int, value: float = 0.0) -> Build:
    return lambda b, x: b.pad(x, [(0, 0), (before, 0), (0, 1), (0, 0)], mode, value)


def divided(b: Any, x: str, y: str) -> str:
    made: str = b.binary("Div", x, b.binary("Add", b.unary("Relu", y, {}), b.constant(np.array([0.5], "f"))))
    return made


NO_INT8 = "XNNPACK takes none in int8"
CASES: dict[str, Case] = {
    "conv grouped": Case(lambda b, x: b.conv2d(x, numbers(6, 2, 3, 3), numbers(6), SAME, 2)),
    "transpose conv": Case(up(6, 2, 3)),
    "transpose conv same": Case(up(6, 4, 2, 1)),
    "transpose conv crop": Case(up(6, 3, 2, 1, 1)),
    "transpose conv relu": Case(up(6, 2, 2, relu=True)),
    "transpose conv one channel": Case(up(1, 2, 2, extra=1)),
    "dense of rank 4": Case(lambda b, x: b.matmul(x, b.constant(numbers(4, 6)))),
    "add": Case(lambda b, x, y: b.binary("Add", x, y), (SHAPE,)),
    "add broadcast": Case(lambda b, x, y: b.binary("Add", x, y), ((1, 7, 1),)),
    "sub": Case(lambda b, x, y: b.binary("Sub", x, y), (SHAPE,)),
    "sub broadcast": Case(lambda b, x, y: b.binary("Sub", y, x), ((2, 1, 1, 4),)),
    "mul": Case(lambda b, x, y: b.binary("Mul", x, y), (SHAPE,)),
    "mul broadcast": Case(lambda b, x, y: b.binary("Mul", x, y), ((2, 5, 7, 1),)),
    "square": Case(lambda b, x: b.binary("Mul", x, x)),
    "cube": Case(binary("Pow", 1, low=3, high=3), bound=2),
    "div by constant": Case(binary("Div", 4, low=1, high=2)),
    "div": Case(divided, (SHAPE,), cut="RSQRT: " + NO_INT8, bound=2),
    "max": Case(lambda b, x, y: b.binary("Max", x, y), (SHAPE,)),
    "min": Case(lambda b, x, y: b.binary("Min", x, y), (SHAPE,)),
    "prelu": Case(binary("PRelu", 4)),
    "prelu of steep slopes": Case(binary("PRelu", 4, low=1.5, high=2)),
    "prelu of both": Case(binary("PRelu", 4, low=0.2, high=1.8), bound=2),
    "prelu by row": Case(binary("PRelu", 5, 1, 1)),
    "prelu of one slope": Case(binary("PRelu", 1, low=0.3, high=0.3)),
    "neg": Case(unary("Neg")),
    "relu": Case(unary("Relu")),
    "relu6": Case(unary("Clip", min=0, max=6)),
    "relu n1 to 1": Case(unary("Clip", min=-1, max=1)),
    "clip": Case(unary("Clip", min=-0.5, max=0.7)),
    "clip from zero": Case(unary("Clip", min=0, max=1.4)),
    "clip above zero": Case(unary("Clip", min=0.2, max=0.7)),
    "clip below zero": Case(unary("Clip", min=-0.9, max=-0.2)),
    "abs": Case(unary("Abs")),
    "sigmoid": Case(unary("Sigmoid")),
    "tanh": Case(unary("Tanh")),
    "hard sigmoid": Case(unary("HardSigmoid"), bound=2),
    "hard swish": Case(unary("HardSwish")),
    "swish": Case(unary("Swish", alpha=1.5)),
    "mish": Case(unary("Mish"), cut="RSQRT: " + NO_INT8, bound=3),
    "leaky relu": Case(unary("LeakyRelu", alpha=0.1)),
    "leaky relu, tiny slope": Case(unary("LeakyRelu", alpha=0.001)),
    "leaky relu, negative slope": Case(unary("LeakyRelu", alpha=-0.3)),
    "elu": Case(unary("Elu")),
    "elu alpha": Case(unary("Elu", alpha=0.5)),
    "selu": Case(unary("Selu")),
    "celu": Case(unary("Celu", alpha=0.7)),
    "gelu": Case(unary("Gelu"), cut=NO_INT8),
    "gelu tanh": Case(unary("Gelu", approximate="tanh"), cut=NO_INT8),
    "exp": Case(unary("Exp"), cut=NO_INT8),
    "rsqrt": Case(positive("Rsqrt"), cut=NO_INT8),
    "sqrt": Case(positive("Sqrt"), cut="RSQRT: " + NO_INT8, bound=2),
    "reciprocal": Case(positive("Reciprocal"), cut="RSQRT: " + NO_INT8, bound=2),
    "thresholded relu": Case(unary("ThresholdedRelu", alpha=0.5), cut="GREATER, SELECT_V2: " + NO_INT8),
    "mean": Case(lambda b, x: b.reduce("ReduceMean", x, (1, 2))),
    "mean of one axis": Case(lambda b, x: b.reduce("ReduceMean", x, (2,))),
    "mean of channels": Case(lambda b, x: b.reduce("ReduceMean", x, (3,))),
    "mean of all": Case(lambda b, x: b.reduce("ReduceMean", x, (1, 2, 3))),
    "mean of groups": Case(lambda b, x: b.reduce("ReduceMean", x, (1, 3))),
    "sum": Case(lambda b, x: b.reduce("ReduceSum", x, (1, 2))),
    "sum of channels": Case(lambda b, x: b.reduce("ReduceSum", x, (3,))),
    "reduce max": Case(lambda b, x: b.reduce("ReduceMax", x, (1, 2))),
    "reduce min": Case(lambda b, x: b.reduce("ReduceMin", x, (3,))),
    "reduce prod": Case(lambda b, x: b.reduce("ReduceProd", x, (3,)), cut=NO_INT8),
    "softmax": Case(lambda b, x: b.softmax(x), cut=NO_INT8),
    "log softmax": Case(lambda b, x: b.softmax(x, log=True), cut=NO_INT8),
    "matmul": Case(lambda b, x, y: b.matmul(x, y), ((2, 5, 4, 6),)),
    "matmul adjoint": Case(lambda b, x, y: b.matmul(x, y, adjoint=True), ((2, 5, 6, 4),)),
    "matmul broadcast": Case(lambda b, x, y: b.matmul(x, y), ((5, 4, 6),)),
    "where": Case(lambda b, x, y: b.where(numbers(7, 1) > 0, x, y), (SHAPE,)),
    "where constant": Case(lambda b, x: b.where(numbers(7, 1) > 0, x, b.constant(np.array(2, "f")))),
    "expand": Case(lambda b, x: b.expand(b.reduce("ReduceMax", x, (1, 3)), SHAPE)),
    "max pool": Case(lambda b, x: b.max_pool2d(x, HALF)),
    "max pool dilated": Case(lambda b, x: b.max_pool2d(x, Window((2, 2), (2, 1), (2, 2)))),
    "max pool with gaps": Case(lambda b, x: b.max_pool2d(x, Window((1, 2), (2, 3)))),
    "average pool": Case(lambda b, x: b.average_pool2d(x, HALF, True)),
    "average pool, uncounted": Case(lambda b, x: b.average_pool2d(x, HALF, False)),
    "average pool, dilated": Case(lambda b, x: b.average_pool2d(x, Window((2, 2), (1, 1), (3, 2)), False)),
    "pad": Case(pad("constant", 2)),
    "pad of ones": Case(pad("constant", 2, 1.0)),
    "pad edge": Case(pad("edge", 2)),
    "pad reflect": Case(pad("reflect", 2)),
    "pad reflect, wide": Case(pad("reflect", 4), cut="MIRROR_PAD: XNNPACK takes none"),
    "concat of seven": Case(
        lambda b, x: b.concat([b.slice(x, (0, 0, i, 0), (2, 5, 1, 4)) for i in range(6, -1, -1)], 3)
    ),
    "transpose": Case(lambda b, x: b.transpose(x, (0, 3, 1, 2))),
    **{f"resize {c}": Case(resize(c, 9, 4)) for c in ("half_pixel", "align_corners", "asymmetric")},
    **{f"resize by two, {c}": Case(resize(c, 10, 14)) for c in ("half_pixel", "align_corners", "asymmetric")},
}
