"""Clean-up changes the operators and never the numbers."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
import pytest
from tflite_graphs import Build, built, kinds, numbers, run

from edgeconv.core.backend import Window
from edgeconv.tflite import Graph, optimize
from edgeconv.tflite.optimize import fuse_activations, hoist_activations, share_equal_ops

SHAPE = (2, 6, 4, 3)


def conv(b: Any, x: str, seed: int = 0) -> str:
    made: str = b.conv2d(x, numbers(4, 3, 1, 1, seed=seed), numbers(4, seed=seed), Window((1, 1)), 1)
    return made


def relu(b: Any, x: str) -> str:
    made: str = b.unary("Relu", x, {})
    return made


def optimized(build: Build, *shapes: tuple[int, ...]) -> Graph:
    """Optimized, with the numbers of before."""
    graph = built(build, *(shapes or (SHAPE,)))
    inputs = [numbers(*graph.shape(n), seed=i, low=-9, high=9) for i, n in enumerate(graph.inputs)]
    before, ends = run(graph, *inputs), (list(graph.inputs), list(graph.ports.values()))
    optimize(graph)
    for got, meant in zip(run(graph, *inputs), before, strict=True):
        np.testing.assert_array_equal(got, meant)
    assert (graph.inputs, list(graph.ports.values())) == ends
    once = deepcopy(graph)
    optimize(graph)
    assert (graph.ops, list(graph.tensors)) == (once.ops, list(once.tensors))
    return graph


def fused(graph: Graph) -> list[tuple[str, str | None]]:
    return [(op.kind, op.options.get("fusedActivationFunction")) for op in graph.ops]


MAKERS: dict[str, Build] = {
    "CONV_2D": conv,
    "DEPTHWISE_CONV_2D": lambda b, x: b.affine(x, numbers(3), numbers(3, seed=1)),
    "FULLY_CONNECTED": lambda b, x: b.dense(x, numbers(3, 5), numbers(5)),
    "ADD": lambda b, x: b.binary("Add", x, x),
    "SUB": lambda b, x: b.binary("Sub", b.constant(numbers(3)), x),
    "MUL": lambda b, x: b.binary("Mul", x, b.constant(numbers(3))),
    "DIV": lambda b, x: b.binary("Div", b.constant(numbers(3)), x),
}


@pytest.mark.parametrize(
    ("low", "high", "name"), [(0.0, np.inf, "RELU"), (0.0, 6.0, "RELU6"), (-1.0, 1.0, "RELU_N1_TO_1")]
)
@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_an_activation_goes_into_its_producer(kind: str, low: float, high: float, name: str) -> None:
    shape = (4, 3) if kind == "FULLY_CONNECTED" else SHAPE
    graph = optimized(lambda b, x: b.unary("Clip", MAKERS[kind](b, x), {"min": low, "max": high}), shape)
    assert fused(graph) == [(kind, name)]


def test_two_activations_do_not_both_fuse() -> None:
    graph = optimized(lambda b, x: b.unary("Clip", relu(b, conv(b, x)), {"min": 0.0, "max": 6.0}))
    assert fused(graph) == [("CONV_2D", "RELU"), ("RELU6", None)]


def test_other_clips_stay() -> None:
    graph = optimized(lambda b, x: b.unary("Clip", conv(b, x), {"min": -1.0, "max": 2.0}))
    assert kinds(graph) == ["CONV_2D", "MAXIMUM", "MINIMUM"]
    graph = optimized(lambda b, x: b.unary("Clip", conv(b, x), {"min": 0.0, "max": 2.0}))
    assert fused(graph) == [("CONV_2D", "RELU"), ("MINIMUM", None)]


NEAR: dict[str, Build] = {
    "second reader": lambda b, x: [relu(b, y := conv(b, x)), b.unary("Tanh", y, {})],
    "graph output": lambda b, x: [relu(b, y := conv(b, x)), y],
    "no carrier": lambda b, x: relu(b, b.unary("Tanh", x, {})),
    "graph input": lambda b, x: relu(b, x),
    "pool of the input": lambda b, x: relu(b, b.max_pool2d(x, Window((2, 2)))),
    "mean": lambda b, x: relu(b, b.reduce("ReduceMean", x, (1, 2))),
    "concat with the input": lambda b, x: relu(b, b.concat([conv(b, x), x], 3)),
    "concat with a tanh": lambda b, x: relu(b, b.concat([conv(b, x), b.unary("Tanh", x, {})], 3)),
    "source read twice": lambda b, x: [relu(b, b.concat([y := conv(b, x), conv(b, x, 1)], 3)), b.unary("Tanh", y, {})],
    "source is an output": lambda b, x: [relu(b, b.reshape(y := conv(b, x), (4, 24, 2))), y],
    "moved tensor is an output": lambda b, x: [y := b.reshape(conv(b, x), (4, 24, 2)), relu(b, y)],
    "moved tensor read twice": lambda b, x: [relu(b, y := b.reshape(conv(b, x), (4, 24, 2))), b.unary("Tanh", y, {})],
    "same source twice": lambda b, x: relu(b, b.concat([y := conv(b, x), y], 3)),
}


@pytest.mark.parametrize("case", sorted(NEAR))
def test_near_misses_keep_their_activation(case: str) -> None:
    graph = optimized(NEAR[case])
    assert kinds(graph).count("RELU") == 1
    assert all(f is None for _, f in fused(graph))


MOVERS: dict[str, Build] = {
    "CONCATENATION": lambda b, x: b.concat([conv(b, x), conv(b, x, 1)], 3),
    "RESHAPE": lambda b, x: b.reshape(conv(b, x), (4, 24, 2)),
    "STRIDED_SLICE": lambda b, x: b.slice(conv(b, x), (0, 1, 1, 2), (2, 3, 2, 2)),
    "TRANSPOSE": lambda b, x: b.transpose(conv(b, x), (0, 3, 1, 2)),
    "PAD": lambda b, x: b.pad(conv(b, x), [(0, 0), (1, 0), (0, 2), (0, 0)], "constant", 0.0),
    "MAX_POOL_2D": lambda b, x: b.max_pool2d(conv(b, x), Window((3, 2), (2, 1))),
    "chain": lambda b, x: b.concat(
        [b.pad(b.max_pool2d(conv(b, x), Window((2, 2))), [(0, 0), (1, 0), (0, 1), (0, 0)], "constant", 0.0),
         b.slice(b.binary("Add", x, b.constant(numbers(3))), (0, 0, 0, 0), (2, 6, 4, 2))], 3),
}  # fmt: skip


@pytest.mark.parametrize("case", sorted(MOVERS))
def test_an_activation_goes_through_what_only_moves_values(case: str) -> None:
    graph = optimized(lambda b, x: relu(b, MOVERS[case](b, x)))
    assert "RELU" not in kinds(graph)
    assert {f for k, f in fused(graph) if k in ("CONV_2D", "ADD")} == {"RELU"}
    plain = built(MOVERS[case], SHAPE)
    assert sorted(kinds(graph)) == sorted(kinds(plain))


def test_a_relu_beside_a_constant_is_not_lost() -> None:
    """The constant's negative values are activated too."""
    graph = optimized(lambda b, x: relu(b, b.concat([conv(b, x), b.constant(numbers(2, 6, 4, 2, low=-5))], 3)))
    assert graph.outputs[0] in graph.tensors


def test_a_pad_that_is_no_zero_stands_in_the_way() -> None:
    pads = [(0, 0), (1, 0), (0, 2), (0, 0)]
    graph = optimized(lambda b, x: relu(b, b.pad(conv(b, x), pads, "constant", -1.0)))
    assert fused(graph)[-1] == ("RELU", None)


def test_fusing_keeps_the_names_of_outputs_and_order() -> None:
    graph = built(lambda b, x: relu(b, b.binary("Add", conv(b, x), conv(b, x, 1))), SHAPE)
    name = graph.outputs[0]
    fuse_activations(graph)
    assert graph.ops[-1].outputs == (name,)
    assert graph.ports[name] == "y0"


def test_equal_views_run_once() -> None:
    def build(b: Any, x: str) -> list[str]:
        views = [b.reshape(x, (2, 24, 3)) for _ in range(3)]
        return [b.unary(k, v, {}) for k, v in zip(("Tanh", "Relu", "Tanh"), views, strict=True)]

    graph = optimized(build)
    assert kinds(graph) == ["RESHAPE", "TANH", "RELU", "TANH"]  # the last is an output of its own
    assert len({op.inputs[0] for op in graph.ops[1:]}) == 1


def test_equal_operators_behind_equal_operators_run_once() -> None:
    def build(b: Any, x: str) -> str:
        a, c = (b.slice(b.reshape(x, (2, 24, 3)), (0, 1, 0), (2, 20, 3)) for _ in range(2))
        made: str = b.binary("Add", b.unary("Tanh", a, {}), b.unary("Abs", c, {}))
        return made

    assert kinds(optimized(build)) == ["RESHAPE", "STRIDED_SLICE", "TANH", "ABS", "ADD"]


DIFFERENT: dict[str, tuple[Build, Build]] = {
    "constants": (
        lambda b, x: b.slice(x, (0, 0, 0, 0), (2, 3, 4, 3)),
        lambda b, x: b.slice(x, (0, 1, 0, 0), (2, 3, 4, 3)),
    ),
    "options": (
        lambda b, x: b.unary("LeakyRelu", x, {"alpha": 0.1}),
        lambda b, x: b.unary("LeakyRelu", x, {"alpha": 0.2}),
    ),
    "kinds": (lambda b, x: b.unary("Tanh", x, {}), lambda b, x: b.unary("Sigmoid", x, {})),
    "order": (
        lambda b, x: b.binary("Sub", x, b.constant(numbers(3))),
        lambda b, x: b.binary("Sub", b.constant(numbers(3)), x),
    ),
    "large constants": (
        lambda b, x: b.binary("Add", x, b.constant(numbers(*SHAPE))),
        lambda b, x: b.binary("Add", x, b.constant(numbers(*SHAPE, seed=1))),
    ),
    "shapes": (
        lambda b, x: b.binary("Add", x, b.constant(np.zeros((1, 1), np.float32))),
        lambda b, x: b.binary("Add", x, b.constant(np.zeros((1,), np.float32))),
    ),
}


@pytest.mark.parametrize("case", sorted(DIFFERENT))
def test_different_operators_both_run(case: str) -> None:
    one, two = DIFFERENT[case]
    graph = optimized(lambda b, x: b.concat([one(b, x), two(b, x)], 0))
    assert len(graph.ops) == 3
    assert len(set(graph.ops[-1].inputs)) == 2


def test_sharing_makes_a_second_reader_before_fusing() -> None:
    """Equal convolutions of small weights are shared; the shared one is read with and without the activation."""

    def build(b: Any, x: str) -> str:
        made: str = b.binary("Sub", relu(b, conv(b, x)), conv(b, x))
        return made

    graph = optimized(build)
    assert fused(graph) == [("CONV_2D", None), ("RELU", None), ("SUB", None)]


def test_what_no_output_needs_goes() -> None:
    def build(b: Any, x: str, _unused: str) -> str:
        b.unary("Tanh", conv(b, x, 3), {})
        return conv(b, x)

    graph = built(build, SHAPE, (1, 2))
    graph.prune()
    assert kinds(graph) == ["CONV_2D"]
    assert graph.inputs == ["x0/input", "x1/input"]
    assert len([t for t in graph.tensors.values() if t.data is not None]) == 2
    assert set(graph.tensors) >= set(graph.inputs)


def test_passes_alone_keep_the_numbers() -> None:
    for change in (hoist_activations, share_equal_ops, fuse_activations):
        graph = built(lambda b, x: relu(b, MOVERS["chain"](b, x)), SHAPE)
        x = numbers(*SHAPE, low=-3, high=3)
        before = run(graph, x)[0]
        change(graph)
        np.testing.assert_array_equal(run(graph, x)[0], before)
