"""Every operator the emitter knows, alone: tflite-runtime 2.14 takes it, in float32 and in int8."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tflite_graphs import Array, Build, Lab, built, kinds, numbers, quant_of, quantized_graph, real, run, steps

from edgeconv.core.backend import Window
from edgeconv.core.errors import ModelError
from edgeconv.inspection import inspect_file
from edgeconv.targets import registered_versions
from edgeconv.tflite import Graph, Recipe, optimize, write
from edgeconv.tflite.spec import specs

SHAPE = (2, 4, 6, 3)
CONV, DEPTHWISE = numbers(4, 3, 3, 2), numbers(6, 1, 2, 3)


def ONE(b: Any) -> str:
    made: str = b.constant(np.ones(1, np.float32))
    return made


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
    "DIV": (lambda b, x: b.binary("Div", b.constant(numbers(3)), b.binary("Add", b.unary("Abs", x, {}), ONE(b))),
            lambda x: numbers(3) / (np.abs(x) + 1)),
    "POW": (lambda b, x: b.binary("Pow", b.unary("Abs", x, {}), b.constant(np.array([1.7], "f"))),
            lambda x: np.abs(x) ** np.float32(1.7)),
    "FLOOR_MOD": (lambda b, x: b.binary("Mod", x, b.constant(np.array([-0.7], "f"))),
                  lambda x: np.fmod(x, np.float32(-0.7))),
    "PRELU": (lambda b, x: b.binary("PRelu", x, b.constant(numbers(3))), lambda x: np.where(x > 0, x, numbers(3) * x)),
    "GELU": (lambda b, x: b.unary("Gelu", x, {}), lambda x: x / 2 * (1 + np.vectorize(math.erf)(x / 2**0.5))),
    "LOG": (lambda b, x: b.unary("Log", b.binary("Add", b.unary("Abs", x, {}), ONE(b)), {}),
            lambda x: np.log(np.abs(x) + 1)),
    "RSQRT": (lambda b, x: b.unary("Rsqrt", b.binary("Add", b.unary("Abs", x, {}), ONE(b)), {}),
              lambda x: (np.abs(x) + 1) ** -0.5),
    "FLOOR": (lambda b, x: b.unary("Floor", x, {}), np.floor),
    "CEIL": (lambda b, x: b.unary("Ceil", x, {}), np.ceil),
    "ROUND": (lambda b, x: b.unary("Round", x, {}), np.round),
    "SIGN": (lambda b, x: b.unary("Sign", x, {}), np.sign),
    "SIN": (lambda b, x: b.unary("Sin", x, {}), np.sin),
    "COS": (lambda b, x: b.unary("Cos", x, {}), np.cos),
    "RELU_N1_TO_1": (lambda b, x: b.unary("Clip", x, {"min": -1, "max": 1}), lambda x: np.clip(x, -1, 1)),
    "GREATER": (lambda b, x: b.unary("ThresholdedRelu", x, {"alpha": 0.5}), lambda x: np.where(x > 0.5, x, 0)),
    "SELECT_V2": (lambda b, x: b.where(numbers(6, 1) > 0, x, b.constant(np.array(np.inf, "f"))),
                  lambda x: np.where(numbers(6, 1) > 0, x, np.inf)),
    "BATCH_MATMUL": (lambda b, x: b.matmul(x, x, adjoint=True), lambda x: x @ x.swapaxes(2, 3)),
    "TRANSPOSE_CONV": (lambda b, x: b.conv_transpose2d(x, CONV[:3], None, Window((3, 2), (2, 1)), 1, (0, 0)), None),
    "RESIZE_BILINEAR": (lambda b, x: b.resize2d(x, (2, 7, 11, 3), "align_corners"), None),
    "REDUCE_PROD": (lambda b, x: b.reduce("ReduceProd", x, (3,)), lambda x: x.prod(3, keepdims=True)),
    "LOG_SOFTMAX": (lambda b, x: b.softmax(x, log=True), lambda x: x - np.log(np.exp(x).sum(-1, keepdims=True))),
    "MAXIMUM": (lambda b, x: b.unary("Clip", x, {"min": -0.5, "max": np.inf}), lambda x: np.maximum(x, -0.5)),
    "MINIMUM": (lambda b, x: b.unary("Clip", x, {"min": -np.inf, "max": 0.7}), lambda x: np.minimum(x, 0.7)),
    "CONV_2D": (lambda b, x: b.conv2d(x, CONV, numbers(4), Window((3, 2)), 1), None),
    "DEPTHWISE_CONV_2D": (lambda b, x: b.conv2d(x, DEPTHWISE, numbers(6), Window((2, 3)), 3), None),
    "FULLY_CONNECTED": (lambda b, x: b.dense(b.reshape(x, (8, 18)), numbers(18, 5), numbers(5)),
                        lambda x: x.reshape(8, 18) @ numbers(18, 5) + numbers(5)),
    "MAX_POOL_2D": (lambda b, x: b.max_pool2d(x, Window((2, 3), (2, 3))),
                    lambda x: x.reshape(2, 2, 2, 2, 3, 3).max((2, 4))),
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
    "PADV2": (lambda b, x: b.pad(x, [(0, 99), (99, 0), (0, 2), (0, 0)], "constant", 0.75),
              lambda x: np.pad(x, [(0, 99), (99, 0), (0, 2), (0, 0)], constant_values=0.75)),
    "MIRROR_PAD": (lambda b, x: b.pad(x, [(0, 0), (1, 0), (0, 5), (0, 0)], "reflect", 0.0),
                   lambda x: np.pad(x, [(0, 0), (1, 0), (0, 5), (0, 0)], mode="reflect")),
    "CONCATENATION": (lambda b, x: b.concat([x, b.constant(numbers(2, 4, 1, 3))], 2),
                      lambda x: np.concatenate([x, numbers(2, 4, 1, 3)], 2)),
}  # fmt: skip
WITHOUT_INT8 = ["CEIL", "COS", "FLOOR", "FLOOR_MOD", "LOG", "POW", "ROUND", "SIGN", "SIN"]


def graph_of(kind: str) -> Graph:
    return built(MEANT[kind][0], SHAPE)


def assert_registered(graph: Graph, folder: Path) -> None:
    path = folder / "m.tflite"
    path.write_bytes(write(graph, "case"))
    known = registered_versions("tflite-runtime-2.14")
    for op in inspect_file(path).ops:
        assert op.version <= known.get(op.op, 0), op.op


def test_no_operator_is_forgotten() -> None:
    assert set(specs()) == {*MEANT, "QUANTIZE", "DEQUANTIZE"}


@pytest.mark.parametrize("kind", sorted(MEANT))
def test_float(kind: str, lab: Lab, tmp_path: Path) -> None:
    graph, x = graph_of(kind), numbers(*SHAPE, seed=5, low=-2, high=2)
    assert kind in kinds(graph)
    assert_registered(graph, tmp_path)
    got = lab.run(graph, x)
    function = MEANT[kind][1]
    meant = run(graph, x)[0] if function is None else function(x.astype(np.float64))
    np.testing.assert_allclose(got, meant, atol=1e-5, rtol=1e-6)
    np.testing.assert_allclose(run(graph, x, delegate=True)[0], meant, atol=1e-5, rtol=1e-6)
    assert got.shape == graph.shape(graph.outputs[0])


@pytest.mark.parametrize("kind", sorted(set(MEANT) - {"SELECT_V2", *WITHOUT_INT8}))
def test_int8_versions(kind: str, lab: Lab, tmp_path: Path) -> None:
    """What int8 kernels give is compared in test_tflite_int8_kernels.py."""
    graph, x = graph_of(kind), numbers(*SHAPE, seed=5, low=-2, high=2)
    optimize(graph)
    made = quantized_graph(graph, x)
    assert_registered(made, tmp_path)
    assert not [n for n, t in made.tensors.items() if t.dtype == "float32"]
    assert lab.run(made, steps(x, quant_of(made, made.inputs[0]))).dtype == np.int8


@pytest.mark.parametrize("kind", WITHOUT_INT8)
def test_what_has_no_int8_kernel_is_refused(kind: str) -> None:
    with pytest.raises(ModelError, match=f"{kind} .* has no int8 kernel"):
        quantized_graph(graph_of(kind), numbers(*SHAPE, seed=5, low=-2, high=2))


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
