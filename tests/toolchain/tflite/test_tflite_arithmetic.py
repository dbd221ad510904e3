"""Arithmetic of two tensors against numpy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from tflite_graphs import Array, built, kinds, numbers, run

from edgeconv.core.backend import BINARY
from edgeconv.core.errors import Refused

SHAPE = (2, 3, 5, 4)
MEANT: dict[str, Callable[[Array, Array], Array]] = {
    "Add": np.add,
    "Div": np.divide,
    "Max": np.maximum,
    "Min": np.minimum,
    "Mod": np.fmod,
    "Mul": np.multiply,
    "PRelu": lambda x, slope: np.where(x > 0, x, slope * x),
    "Pow": lambda x, y: np.power(np.abs(x), y),
    "Sub": np.subtract,
}


def check(op: str, x: Array, y: Array, constant: bool) -> list[str]:
    """x op y, y computed or constant; Pow on |x|."""
    if constant:
        graph = built(lambda b, p: b.binary(op, b.unary("Abs", p, {}) if op == "Pow" else p, b.constant(y)), x.shape)
        given: tuple[Array, ...] = (x,)
    else:
        graph = built(lambda b, p, q: b.binary(op, b.unary("Abs", p, {}) if op == "Pow" else p, q), x.shape, y.shape)
        given = (x, y)
    meant = MEANT[op](x.astype(np.float64), y.astype(np.float64))
    for delegate in (False, True):
        np.testing.assert_allclose(run(graph, *given, delegate=delegate)[0], meant, rtol=1e-5, atol=1e-6)
    assert graph.shape(graph.outputs[0]) == meant.shape
    return kinds(graph)


def test_every_operator_of_the_vocabulary_is_here() -> None:
    assert set(MEANT) == set(BINARY)


@pytest.mark.parametrize("constant", [False, True])
@pytest.mark.parametrize("shape", [SHAPE, (4,), (3, 1, 1), (2, 1, 5, 1), (1,)])
@pytest.mark.parametrize("op", sorted(BINARY))
def test_broadcasts(op: str, shape: tuple[int, ...], constant: bool) -> None:
    check(op, numbers(*SHAPE, low=-2, high=2), numbers(*shape, seed=7, low=0.4, high=1.9), constant)


@pytest.mark.parametrize("op", sorted(set(BINARY) - {"Mod", "PRelu", "Pow"}))
def test_a_constant_on_the_left(op: str) -> None:
    x, y = numbers(3, 1, 4), numbers(*SHAPE, seed=7, low=0.4, high=1.9)
    graph = built(lambda b, q: b.binary(op, b.constant(x), q), SHAPE)
    np.testing.assert_allclose(run(graph, y)[0], MEANT[op](x, y), rtol=1e-5)


@pytest.mark.parametrize(
    ("exponent", "made"),
    [
        (-1, ["DIV"]),
        (-0.5, ["RSQRT"]),
        (0.5, ["SQRT"]),
        (1, []),
        (2, ["MUL"]),
        (3, ["MUL", "MUL"]),
        (4, ["MUL", "MUL"]),
        (1.5, ["POW"]),
    ],
)
def test_small_exponents_are_products_and_roots(exponent: float, made: list[str]) -> None:
    x = numbers(*SHAPE, low=0.2, high=2)
    assert check("Pow", x, np.array(exponent, np.float32), constant=True) == ["ABS", *made]


def test_exponents_that_differ_or_widen_stay_a_power() -> None:
    x = numbers(3, 1, low=0.2, high=2)
    assert check("Pow", x, np.array([2, 3], np.float32), constant=True) == ["ABS", "POW"]
    assert check("Pow", x, np.full((2, 1, 1), 2, np.float32), constant=True) == ["ABS", "POW"]


def test_a_quotient_by_a_constant_is_a_product_unless_it_holds_a_zero() -> None:
    x = numbers(*SHAPE)
    assert check("Div", x, numbers(4, low=1, high=2), constant=True) == ["MUL"]
    graph = built(lambda b, p: b.binary("Div", p, b.constant(np.array([1, 0, 2, 3], np.float32))), SHAPE)
    assert kinds(graph) == ["DIV"]
    assert (np.abs(run(graph, x)[0][..., 1]) > 1e38).all()  # kernels clamp to the largest float


@pytest.mark.parametrize(
    ("shape", "made"),
    [
        ((1,), ["LEAKY_RELU"]),
        ((4,), ["PRELU"]),
        ((1, 1, 1, 4), ["PRELU"]),
        ((3, 1, 1), ["RELU", "MUL", "MUL", "ADD"]),
        (SHAPE, ["RELU", "MUL", "MUL", "ADD"]),
    ],
)
def test_the_forms_of_prelu(shape: tuple[int, ...], made: list[str]) -> None:
    assert check("PRelu", numbers(*SHAPE, low=-2, high=2), numbers(*shape, seed=3), constant=True) == made


def test_a_slope_that_widens_its_input() -> None:
    check("PRelu", numbers(3, 1, low=-2, high=2), numbers(2, 1, 4, seed=3), constant=True)


def test_a_computed_slope() -> None:
    assert "PRELU" not in check("PRelu", numbers(*SHAPE, low=-2, high=2), numbers(4, seed=3), constant=False)


def test_what_is_not_of_the_vocabulary_is_refused() -> None:
    with pytest.raises(Refused, match="no TFLite form of Xor"):
        built(lambda b, x, y: b.binary("Xor", x, y), SHAPE, SHAPE)
