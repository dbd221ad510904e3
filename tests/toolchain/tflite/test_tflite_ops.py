"""Every operator the emitter knows, alone: tflite-runtime 2.14 takes it, in float32 and in int8."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tflite_graphs import Array, Build, Lab, built, kinds, numbers, quant_of, quantized_graph, real, run, steps

from edgeconv.core.backend import Window
from edgeconv.inspection import inspect_file
from edgeconv.targets import registered_versions
from edgeconv.tflite import Graph, Op, Recipe, Tensor, write
from edgeconv.tflite.spec import specs

SHAPE = (2, 4, 6, 3)
CONV, DEPTHWISE = numbers(4, 3, 3, 2), numbers(6, 1, 2, 3)
MEANT: dict[str, tuple[Build, Callable[[Array], Array] | None]] = {
    "RELU": (lambda b, x: b.unary("Relu", x, {}), lambda x: np.maximum(x, 0)),
    "RELU6": (lambda b, x: b.unary("Clip", x, {"min": 0, "max": 6}), lambda x: np.clip(x, 0, 6)),
    "LOGISTIC": (lambda b, x: b.unary("Sigmoid", x, {}), lambda x: 1 / (1 + np.exp(-x))),
    "TANH": (lambda b, x: b.unary("Tanh", x, {}), np.tanh),
    "HARD_SWISH": (lambda b, x: b.unary("HardSwish", x, {}), lambda x: x * np.clip(x / 6 + 0.5, 0, 1)),
    "LEAKY_RELU": (lambda b, x: b.unary("LeakyRelu", x, {"alpha": 0.3}), lambda x: np.where(x > 0, x, 0.3 * x)),
    "ELU": (lambda b, x: b.unary("Elu", x, {}), lambda x: np.where(x > 0, x, np.expm1(x))),
    "EXP": (lambda b, x: b.unary("Exp", x, {}), np.exp),
    "SQRT": (lambda b, x: b.unary("Sqrt", b.unary("Abs", x, {}), {}), lambda x: np.sqrt(np.abs(x))),
    "ABS": (lambda b, x: b.unary("Abs", x, {}), np.abs),
    "ADD": (lambda b, x: b.binary("Add", x, b.constant(numbers(3))), lambda x: x + numbers(3)),
    "SUB": (lambda b, x: b.binary("Sub", b.constant(numbers(3)), x), lambda x: numbers(3) - x),
    "MUL": (lambda b, x: b.binary("Mul", x, b.constant(numbers(3))), lambda x: x * numbers(3)),
    "DIV": (lambda b, x: b.binary("Div", x, b.constant(numbers(3, low=1, high=2))),
            lambda x: x / numbers(3, low=1, high=2)),
    "MAXIMUM": (lambda b, x: b.unary("Clip", x, {"min": -0.5, "max": np.inf}), lambda x: np.maximum(x, -0.5)),
    "MINIMUM": (lambda b, x: b.unary("Clip", x, {"min": -np.inf, "max": 0.7}), lambda x: np.minimum(x, 0.7)),
    "CONV_2D": (lambda b, x: b.conv2d(x, CONV, numbers(4), Window((3, 2)), 1), None),
    "DEPTHWISE_CONV_2D": (lambda b, x: b.conv2d(x, DEPTHWISE, numbers(6), Window((2, 3)), 3), None),
    "FULLY_CONNECTED": (lambda b, x: b.dense(b.reshape(x, (8, 18)), numbers(18, 5), numbers(5)),
                        lambda x: x.reshape(8, 18) @ numbers(18, 5) + numbers(5)),
    "MAX_POOL_2D": (lambda b, x: b.max_pool2d(x, Window((2, 3), (2, 3))),
                    lambda x: x.reshape(2, 2, 2, 2, 3, 3).max((2, 4))),
    "AVERAGE_POOL_2D": (lambda b, x: b.average_pool2d(x, Window((3, 3), (1, 1), (1, 1), (1, 1), (1, 1)), False), None),
    "MEAN": (lambda b, x: b.reduce("ReduceMean", x, (1, 2)), lambda x: x.mean((1, 2), keepdims=True)),
    "SUM": (lambda b, x: b.reduce("ReduceSum", x, (2,)), lambda x: x.sum(2, keepdims=True)),
    "REDUCE_MAX": (lambda b, x: b.reduce("ReduceMax", x, (1,)), lambda x: x.max(1, keepdims=True)),
    "REDUCE_MIN": (lambda b, x: b.reduce("ReduceMin", x, (3,)), lambda x: x.min(3, keepdims=True)),
    "SOFTMAX": (lambda b, x: b.softmax(x), lambda x: np.exp(x) / np.exp(x).sum(-1, keepdims=True)),
    "RESHAPE": (lambda b, x: b.reshape(x, (6, 24)), lambda x: x.reshape(6, 24)),
    "TRANSPOSE": (lambda b, x: b.transpose(x, (0, 3, 1, 2)), lambda x: x.transpose(0, 3, 1, 2)),
    "STRIDED_SLICE": (lambda b, x: b.slice(x, (0, 1, 2, 0), (2, 2, 3, 3)), lambda x: x[:, 1:3, 2:5]),
    "PAD": (lambda b, x: b.pad(x, [(0, 0), (1, 0), (0, 2), (0, 0)], "constant", 0.0),
            lambda x: np.pad(x, [(0, 0), (1, 0), (0, 2), (0, 0)])),
    "PADV2": (lambda b, x: b.pad(x, [(0, 0), (1, 0), (0, 2), (0, 0)], "constant", 0.75),
              lambda x: np.pad(x, [(0, 0), (1, 0), (0, 2), (0, 0)], constant_values=0.75)),
    "MIRROR_PAD": (lambda b, x: b.pad(x, [(0, 0), (1, 2), (0, 1), (0, 0)], "reflect", 0.0),
                   lambda x: np.pad(x, [(0, 0), (1, 2), (0, 1), (0, 0)], mode="reflect")),
    "CONCATENATION": (lambda b, x: b.concat([x, b.constant(numbers(2, 4, 1, 3))], 2),
                      lambda x: np.concatenate([x, numbers(2, 4, 1, 3)], 2)),
}  # fmt: skip
ALONE = ["RELU_N1_TO_1"]
"""Nothing lowers to it; the graph is made by hand."""


def graph_of(kind: str) -> Graph:
    if kind not in ALONE:
        return built(MEANT[kind][0], SHAPE)
    tensors = {n: Tensor(n, SHAPE) for n in ("x", "y")}
    return Graph(tensors, [Op(kind, ("x",), ("y",))], ["x"], ["y"], {"x": "x0", "y": "y0"})


def assert_registered(graph: Graph, folder: Path) -> None:
    path = folder / "m.tflite"
    path.write_bytes(write(graph, "case"))
    known = registered_versions("tflite-runtime-2.14")
    for op in inspect_file(path).ops:
        assert op.version <= known.get(op.op, 0), op.op


def test_no_operator_is_forgotten() -> None:
    assert set(specs()) == {*MEANT, *ALONE, "QUANTIZE"}


@pytest.mark.parametrize("kind", sorted([*MEANT, *ALONE]))
def test_float(kind: str, lab: Lab, tmp_path: Path) -> None:
    graph, x = graph_of(kind), numbers(*SHAPE, seed=5, low=-2, high=2)
    assert kind in kinds(graph)
    assert_registered(graph, tmp_path)
    got = lab.run(graph, x)
    meant = np.clip(x, -1, 1) if kind in ALONE else None
    if kind in MEANT and (function := MEANT[kind][1]) is not None:
        meant = function(x.astype(np.float64))
    np.testing.assert_allclose(got, run(graph, x)[0] if meant is None else meant, atol=1e-5)
    assert got.shape == graph.shape(graph.outputs[0])


@pytest.mark.parametrize("delegate", [False, True])
@pytest.mark.parametrize("kind", sorted({*MEANT, *ALONE} & {k for k, s in specs().items() if s.int8}))
def test_int8(kind: str, delegate: bool, lab: Lab, tmp_path: Path) -> None:
    """Near the float result: within the steps of the input and the output, as far as the operator carries them."""
    graph, x = graph_of(kind), numbers(*SHAPE, seed=5, low=-2, high=2)
    made = quantized_graph(graph, x)
    assert_registered(made, tmp_path)
    first, last = (quant_of(made, n) for n in (made.inputs[0], made.outputs[0]))
    q = lab.run(made, steps(x, first), delegate=delegate)
    assert q.dtype == np.int8
    expected = run(graph, x)[0]
    assert q.shape == expected.shape
    error = np.abs(real(q, last) - expected)
    gain = {"SUM": 6, "CONV_2D": 6, "DEPTHWISE_CONV_2D": 4, "FULLY_CONNECTED": 8}.get(kind, 1)
    assert error.max() <= 1.5 * last.scales[0] + gain * first.scales[0]


@pytest.mark.parametrize("delegate", [False, True])
def test_quantize_at_the_ends(delegate: bool, lab: Lab, tmp_path: Path) -> None:
    x = numbers(*SHAPE, low=-2, high=2)
    made = quantized_graph(graph_of("ADD"), x, recipe=Recipe("uint8", "uint8"))
    assert kinds(made) == ["QUANTIZE", "ADD", "QUANTIZE"]
    assert_registered(made, tmp_path)
    got = lab.run(made, steps(x, quant_of(made, made.inputs[0]), "uint8"), delegate=delegate)
    assert got.dtype == np.uint8
    assert np.abs(real(got, quant_of(made, made.outputs[0])) - (x + numbers(3))).max() < 0.05


def test_no_kind_is_registered_twice() -> None:
    from edgeconv.tflite.spec import register

    with pytest.raises(AssertionError, match="CONV_2D"):
        register(specs()["CONV_2D"])
