"""What the int8 file holds in place of operators that kernels or delegates lack."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tflite_graphs import Build, built, kinds, numbers, quant_of, quantized_graph, real, run, seen_ranges, steps

from edgeconv.core.backend import Window
from edgeconv.core.errors import ModelError
from edgeconv.tflite import Graph, Recipe, optimize, quantize
from edgeconv.tflite.int8_forms import int8_forms
from edgeconv.tflite.rounding import InputMoments

SHAPE = (2, 5, 7, 4)


def formed(build: Build, *shapes: tuple[int, ...]) -> Graph:
    graph = built(build, *(shapes or (SHAPE,)))
    optimize(graph)
    return quantized_graph(graph, *(numbers(*s, seed=i, low=-3, high=3) for i, s in enumerate(shapes or (SHAPE,))))


def conv(b: Any, x: str) -> str:
    made: str = b.conv2d(x, numbers(4, 4, 1, 1), numbers(4), Window((1, 1)), 1)
    return made


def slope(b: Any, x: str, low: float, high: float) -> str:
    made: str = b.binary("PRelu", x, b.constant(numbers(4, low=low, high=high)))
    return made


FORMS: dict[str, tuple[Build, list[str]]] = {
    "relu": (lambda b, x: b.unary("Relu", x, {}), ["MUL"]),
    "relu with a second reader": (lambda b, x: [b.unary("Relu", y := conv(b, x), {}), y], ["CONV_2D", "MUL"]),
    "relu in its producer": (lambda b, x: b.unary("Relu", conv(b, x), {}), ["CONV_2D"]),
    "clip around zero": (lambda b, x: b.unary("Clip", x, {"min": -1, "max": 2}), ["MUL"]),
    "clip in its producer": (lambda b, x: b.unary("Clip", conv(b, x), {"min": -1, "max": 2}), ["CONV_2D"]),
    "clip of a read tensor": (lambda b, x: [b.unary("Clip", y := conv(b, x), {"max": 2}), y], ["CONV_2D", "MUL"]),
    "clip of a tanh": (lambda b, x: b.unary("Clip", b.unary("Tanh", x, {}), {"max": 0.5}), ["TANH", "MUL"]),
    "clip above zero": (lambda b, x: b.unary("Clip", x, {"min": 1}), ["SUB", "ADD"]),
    "clip below zero": (lambda b, x: b.unary("Clip", x, {"max": -1}), ["SUB", "SUB"]),
    "maximum": (lambda b, x: b.binary("Max", x, b.unary("Tanh", x, {})), ["TANH", "SUB", "ADD"]),
    "maximum with a row": (lambda b, x: b.binary("Max", x, b.constant(numbers(4))), ["SUB", "ADD"]),
    "flat slopes": (lambda b, x: slope(b, x, 0.1, 0.9), ["MUL", "ADD"]),
    "steep slopes": (lambda b, x: slope(b, x, 1.1, 1.9), ["MUL", "SUB"]),
    "slopes of both kinds": (lambda b, x: slope(b, x, 0.1, 1.9), ["MUL", "MUL", "ADD"]),
    "small slope": (lambda b, x: b.unary("LeakyRelu", x, {"alpha": 0.001}), ["MUL", "ADD"]),
    "usual slope": (lambda b, x: b.unary("LeakyRelu", x, {"alpha": 0.01}), ["LEAKY_RELU"]),
    "abs": (lambda b, x: b.unary("Abs", x, {}), ["LEAKY_RELU"]),
    "hard swish": (lambda b, x: b.unary("HardSwish", x, {}), ["ADD", "MUL", "MUL"]),
    "sqrt": (lambda b, x: b.unary("Sqrt", b.unary("Abs", x, {}), {}), ["LEAKY_RELU", "RSQRT", "MUL"]),
}


@pytest.mark.parametrize("case", sorted(FORMS))
def test_forms(case: str) -> None:
    assert kinds(formed(FORMS[case][0])) == FORMS[case][1]


def test_the_float_file_keeps_the_native_operator() -> None:
    graph = built(lambda b, x: b.unary("HardSwish", x, {}), SHAPE)
    quantized_graph(graph, numbers(*SHAPE))
    assert kinds(graph) == ["HARD_SWISH"]


def test_a_clip_ends_where_it_should() -> None:
    made = formed(lambda b, x: b.unary("Clip", conv(b, x), {"min": -0.5, "max": 1.25}))
    ends = real(np.array([-128, 127]), quant_of(made, made.outputs[0]))
    assert ends == pytest.approx([-0.5, 1.25], abs=0.5 * 1.75 / 255 + 1e-6)


def test_a_quotient_needs_a_divisor_that_was_always_positive() -> None:
    def build(b: Any, x: str, y: str) -> str:
        made: str = b.binary("Div", x, b.binary("Add", y, b.constant(np.array([4.0], np.float32))))
        return made

    assert kinds(formed(build, SHAPE, SHAPE)) == ["ADD", "RSQRT", "MUL", "MUL"]
    with pytest.raises(ModelError, match=r"DIV .* has no int8 kernel"):
        formed(lambda b, x, y: b.binary("Div", x, y), SHAPE, SHAPE)


def test_a_root_of_negative_values_is_refused() -> None:
    graph = built(lambda b, x: b.unary("Sqrt", x, {}), SHAPE)
    ranges = dict.fromkeys((*graph.inputs, *graph.outputs), (-1.0, 1.0))
    with pytest.raises(ModelError, match=r"SQRT .* has no int8 kernel"):
        quantize(graph, ranges, Recipe())


def test_without_ranges_nothing_is_replaced() -> None:
    graph = built(lambda b, x: b.unary("HardSwish", x, {}), SHAPE)
    assert kinds(int8_forms(graph, {}).graph) == ["HARD_SWISH"]


def test_weights_of_a_producer_that_took_a_clip_over_are_rounded_by_its_moments() -> None:
    graph = built(lambda b, x: b.unary("Clip", conv(b, x), {"min": -1, "max": 2}), SHAPE)
    x = numbers(*SHAPE, low=0, high=3)
    flat = x.reshape(-1, 4).astype(np.float64)
    moments = {graph.ops[0].outputs[0]: InputMoments(flat.mean(0), (flat.T @ flat / len(flat))[None])}
    ranges = seen_ranges(graph, x)
    plain, by_moments = (quantize(graph, ranges, Recipe(), m) for m in (None, moments))
    weights = [g.tensors[g.ops[0].inputs[1]].data for g in (plain, by_moments)]
    assert weights[0] is not None
    assert (weights[0] != weights[1]).any()


@pytest.mark.parametrize("adjoint", [False, True])
def test_the_right_side_of_a_product_has_zero_point_zero(adjoint: bool) -> None:
    shape = (2, 5, 6, 4) if adjoint else (2, 5, 4, 6)
    graph = built(lambda b, x, y: b.matmul(x, y, adjoint), SHAPE, shape)
    x, y = numbers(*SHAPE), numbers(*shape, low=-1, high=3)
    made = quantized_graph(graph, x, y)
    quant = quant_of(made, made.inputs[1])
    assert quant.zero_points == (0,)
    assert quant.scales[0] == pytest.approx(np.abs(y).max() / 127, rel=1e-6)
    q = [steps(v, quant_of(made, n)) for v, n in zip((x, y), made.inputs, strict=True)]
    got = real(run(made, *q)[0], quant_of(made, made.outputs[0]))
    assert np.abs(got - run(graph, x, y)[0]).max() < 0.15
