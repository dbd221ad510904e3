"""One scale for every tensor: who shares it, who demands it, and which ones delegates take."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from tflite_graphs import (
    Build,
    Lab,
    built,
    interpreter,
    kinds,
    numbers,
    quant_of,
    quantized_graph,
    real,
    run,
    seen_ranges,
    steps,
)

from edgeconv.core.backend import Window
from edgeconv.tflite import Quant, Recipe, optimize, write

SHAPE = (2, 9, 7, 3)
SAME = Window((3, 3), (1, 1), (1, 1), (1, 1), (1, 1))


def test_zero_is_exact() -> None:
    for low, high in ((0.5, 3.0), (-3.0, -0.5), (-1.0, 2.0), (0.0, 0.0)):
        graph = built(lambda b, x: b.unary("Relu", x, {}), (1, 4))
        made = quantized_graph(graph, numbers(1, 4), ranges={graph.inputs[0]: (low, high)})
        quant = quant_of(made, graph.inputs[0])
        assert -128 <= quant.zero_points[0] <= 127
        bottom, top = real(np.array([-128, 127]), quant)
        slack = quant.scales[0] / 2 + 1e-12
        assert bottom - slack <= min(low, 0) <= max(high, 0) <= top + slack


def branches(b: Any, x: str, y: str) -> str:
    pooled = b.max_pool2d(b.binary("Add", x, x), SAME)
    padded = b.pad(pooled, [(0, 0), (0, 0), (0, 0), (0, 1)], "constant", 0.0)
    cut = b.slice(b.binary("Mul", y, y), (0, 0, 0, 0), (2, 9, 7, 2))
    both: str = b.concat([padded, cut], 3)
    return b.unary("Tanh", b.transpose(both, (0, 2, 1, 3)), {})


def test_tensors_that_only_move_share_one_scale_over_all_they_hold(lab: Lab) -> None:
    graph = built(branches, SHAPE, SHAPE)
    x, y = numbers(*SHAPE, low=-2, high=1), numbers(*SHAPE, low=-3, high=3, seed=1)
    made = quantized_graph(graph, x, y)
    group = [op.outputs[0] for op in graph.ops if op.kind != "TANH"]
    assert len({quant_of(made, n) for n in group}) == 1
    ranges = seen_ranges(graph, x, y)
    low, high = min(ranges[n][0] for n in group), max(ranges[n][1] for n in group)
    shared = quant_of(made, group[0])
    assert shared.scales[0] == pytest.approx((high - low) / 255, rel=1e-6)
    assert len({quant_of(made, n) for n in [*graph.inputs, graph.outputs[0], group[0]]}) == 4
    q = [steps(v, quant_of(made, n)) for v, n in zip((x, y), made.inputs, strict=True)]
    got = real(lab.run(made, *q), quant_of(made, made.outputs[0]))
    assert np.abs(got - run(graph, x, y)[0]).max() < 0.15


def test_two_readers_that_move_a_tensor_share_with_each_other() -> None:
    def build(b: Any, x: str) -> list[str]:
        y = b.binary("Add", x, x)
        views = [b.reshape(y, (21, 18)), b.concat([y, b.binary("Mul", x, x)], 3), b.max_pool2d(y, SAME)]
        return [b.unary("Tanh", v, {}) for v in views]

    graph = built(build, SHAPE)
    made = quantized_graph(graph, numbers(*SHAPE, low=-2, high=9))
    group = {op.outputs[0] for op in graph.ops if op.kind != "TANH"}
    assert len(group) == 5
    assert len({quant_of(made, n) for n in group}) == 1


def test_the_pad_of_a_max_pool_is_no_value() -> None:
    """Its lowest float made one step of the whole group 1e36."""
    window = Window((3, 2), (2, 2), (2, 1), (1, 0), (0, 1))
    graph = built(lambda b, x: b.max_pool2d(x, window), SHAPE)
    assert "PADV2" in kinds(graph)  # dilated windows that begin in the pad do not see the edge
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = quantized_graph(graph, numbers(*SHAPE))
    (scale,) = {quant_of(made, n).scales[0] for n in (*graph.inputs, *graph.outputs)}
    assert scale == pytest.approx(float(np.ptp(numbers(*SHAPE))) / 255, rel=1e-6)


def test_a_constant_that_pads_is_a_value() -> None:
    graph = built(lambda b, x: b.pad(x, [(0, 0), (0, 1)], "constant", 5.0), (2, 3))
    made = quantized_graph(graph, numbers(2, 3))
    assert real(np.array(127), quant_of(made, made.outputs[0])) == pytest.approx(5, abs=0.05)


@pytest.mark.parametrize(
    ("build", "fixed"),
    [
        (lambda b, x: b.unary("Sigmoid", x, {}), Quant((1 / 256,), (-128,))),
        (lambda b, x: b.unary("Tanh", x, {}), Quant((1 / 128,), (0,))),
        (lambda b, x: b.softmax(x), Quant((1 / 256,), (-128,))),
        (lambda b, x: b.reshape(b.softmax(x), (21, 18)), Quant((1 / 256,), (-128,))),
    ],
)
def test_outputs_that_the_kernels_fix(build: Build, fixed: Quant) -> None:
    graph = built(build, SHAPE)
    made = quantized_graph(graph, numbers(*SHAPE), recipe=Recipe(output_margin=2.0))
    assert {quant_of(made, op.outputs[0]) for op in made.ops} == {fixed}


@pytest.mark.parametrize("delegate", [False, True])
@pytest.mark.parametrize(
    ("beside", "made"),
    [
        (lambda b, x: b.unary("Tanh", x, {}), ["LOGISTIC", "QUANTIZE", "TANH", "CONCATENATION"]),
        (lambda b, x: b.binary("Add", x, x), ["LOGISTIC", "QUANTIZE", "ADD", "CONCATENATION"]),
        (lambda b, x: b.softmax(x), ["LOGISTIC", "SOFTMAX", "CONCATENATION"]),
    ],
)
def test_a_fixed_scale_that_does_not_hold_what_it_is_joined_with(
    beside: Build, made: list[str], delegate: bool, lab: Lab
) -> None:
    """The sum reaches 6 and was silently cut off at 1; LOGISTIC beside TANH did not load."""
    graph = built(lambda b, x: b.concat([b.unary("Sigmoid", x, {}), beside(b, x)], 3), SHAPE)
    x = numbers(*SHAPE, low=-3, high=3)
    int8 = quantized_graph(graph, x)
    assert kinds(int8) == made
    got = lab.run(int8, steps(x, quant_of(int8, int8.inputs[0])), runtime="litert", delegate=delegate)
    quant = quant_of(int8, int8.outputs[0])
    assert np.abs(real(got, quant) - run(graph, x)[0]).max() <= 1.6 * quant.scales[0] + 0.05


def test_a_fixed_scale_on_the_right_of_a_product() -> None:
    """Delegates want zero point 0 there."""
    graph = built(lambda b, x: b.matmul(x, b.softmax(x), adjoint=True), SHAPE)
    made = quantized_graph(graph, numbers(*SHAPE, low=-3, high=3))
    assert kinds(made) == ["SOFTMAX", "QUANTIZE", "BATCH_MATMUL"]
    assert quant_of(made, made.ops[-1].inputs[1]).zero_points == (0,)


@pytest.mark.parametrize("kind", ["conv", "transpose conv", "dense", "add", "mul", "leaky relu"])
def test_a_result_that_was_always_dead_still_loads(kind: str) -> None:
    """XNNPACK does not load a convolution whose input scale times filter scale is 256 times that of its output."""

    def build(b: Any, x: str) -> str:
        made: str = {
            "conv": lambda: b.conv2d(x, numbers(3, 3, 1, 1), np.full(3, -9, np.float32), Window((1, 1)), 1),
            "transpose conv": lambda: b.conv_transpose2d(
                x, numbers(3, 3, 2, 2), np.full(3, -9, np.float32), Window((2, 2), (2, 2)), 1, (0, 0)
            ),
            "dense": lambda: b.dense(b.reshape(x, (126, 3)), numbers(3, 5), np.full(5, -9, np.float32)),
            "add": lambda: b.binary("Add", x, b.constant(np.full(3, -9, np.float32))),
            "mul": lambda: b.binary("Mul", b.unary("Relu", x, {}), b.constant(np.full(3, -9, np.float32))),
            "leaky relu": lambda: b.unary("LeakyRelu", b.unary("Clip", x, {"max": 0}), {"alpha": 0.0}),
        }[kind]()
        return b.unary("Tanh", b.unary("Relu", made, {}), {})

    graph = built(build, SHAPE)
    optimize(graph)
    x = numbers(*SHAPE, low=-3, high=3)
    made = quantized_graph(graph, x)
    q = steps(x, quant_of(made, made.inputs[0]))
    plan = [d["op_name"] for d in interpreter(write(made, "case"), delegate=True)._get_ops_details()]
    assert plan.count("DELEGATE") == 1
    for delegate in (False, True):
        got = real(run(made, q, delegate=delegate)[0], quant_of(made, made.outputs[0]))
        assert np.abs(got - run(graph, x)[0]).max() <= 0.01


@pytest.mark.parametrize("constant", [1e-5, -3e-7, 4e3])
def test_a_constant_of_another_size_stays_with_the_delegate(constant: float) -> None:
    graph = built(lambda b, x: b.binary("Add", x, b.constant(np.full(1, constant, np.float32))), SHAPE)
    x = numbers(*SHAPE, low=-3, high=3)
    made = quantized_graph(graph, x)
    plan = [d["op_name"] for d in interpreter(write(made, "case"), delegate=True)._get_ops_details()]
    assert plan.count("DELEGATE") == 1
    got = real(run(made, steps(x, quant_of(made, made.inputs[0])))[0], quant_of(made, made.outputs[0]))
    assert np.abs(got - run(graph, x)[0]).max() <= 1.5 * quant_of(made, made.outputs[0]).scales[0]


def test_margin_widens_the_output_alone() -> None:
    graph, x = built(lambda b, x: b.dense(b.reshape(x, (18, 21)), numbers(21, 6), numbers(6)), SHAPE), numbers(*SHAPE)
    plain = quantized_graph(graph, x)
    wide = quantized_graph(graph, x, recipe=Recipe(output_margin=1.5))
    name = graph.outputs[0]
    assert quant_of(wide, name).scales[0] == pytest.approx(1.5 * quant_of(plain, name).scales[0], rel=1e-6)
    assert quant_of(wide, graph.inputs[0]) == quant_of(plain, graph.inputs[0])


@pytest.mark.parametrize(("factor", "readers", "partitions"), [(1e-6, 1, 1), (1e-6, 2, 2), (1e-2, 2, 1)])
def test_a_tiny_addend_stays_with_the_delegate_if_nothing_else_reads_it(
    factor: float, readers: int, partitions: int
) -> None:
    def build(b: Any, x: str) -> list[str]:
        tiny = b.binary("Mul", x, b.constant(np.full(3, factor, np.float32)))
        both = b.unary("Tanh", b.binary("Add", x, tiny), {})
        return [both, *([b.binary("Mul", tiny, tiny)] if readers > 1 else [])]

    graph = built(build, SHAPE)
    x = numbers(*SHAPE, low=-3, high=3)
    made = quantized_graph(graph, x)
    plan = [d["op_name"] for d in interpreter(write(made, "case"), delegate=True)._get_ops_details()]
    assert plan.count("DELEGATE") == partitions
    got = real(run(made, steps(x, quant_of(made, made.inputs[0])))[0], quant_of(made, made.outputs[0]))
    assert np.abs(got - run(graph, x)[0]).max() <= 0.03
