"""Clipping: never wider than what was seen, and a smaller error where it acts."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tflite_graphs import Array, draws

from edgeconv.tflite import Graph, Op, Tensor, chosen_ranges, clipped_range
from edgeconv.tflite.calibrate import reciprocal_root_bound
from edgeconv.tflite.scales import affine

BINS = 512


def clipped(values: Array, bins: int = BINS) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    return clipped_range(low, high, np.histogram(values, bins, (low, high))[0].tolist())


def error(values: Array, bounds: tuple[float, float]) -> float:
    """Mean squared error of int8 over the range, as a runtime would store the values."""
    quant = affine(*bounds)
    q = np.clip(np.round(values / quant.scales[0]) + quant.zero_points[0], -128, 127)
    return float(((q - quant.zero_points[0]) * quant.scales[0] - values).__pow__(2).mean())


def with_outlier() -> Array:
    return np.append(np.random.default_rng(0).normal(0, 1, 1_000_000), 30.0)


finite = st.floats(-1e6, 1e6, width=32)


@given(finite, finite, st.lists(st.integers(0, 1000), min_size=1, max_size=64))
@draws(200)
def test_never_wider_than_seen_and_zero_stays_inside(one: float, two: float, counts: list[int]) -> None:
    low, high = min(one, two), max(one, two)
    got = clipped_range(low, high, counts)
    assert min(low, 0.0) <= got[0] <= got[1] <= max(high, 0.0)
    assert got[0] <= 0 <= got[1]
    assert all(isinstance(v, float) and math.isfinite(v) for v in got)


@given(
    st.integers(0, 10_000), st.floats(0.01, 1000), st.floats(-3, 3), st.sampled_from(["normal", "laplace", "relu", "t"])
)
@draws(60)
def test_never_worse_than_minimum_and_maximum(seed: int, width: float, shift: float, shape: str) -> None:
    random = np.random.default_rng(seed)
    drawn = (
        random.standard_t(3, 4000)
        if shape == "t"
        else getattr(random, "laplace" if shape == "laplace" else "normal")(size=4000)
    )
    values = (np.maximum(drawn, 0) if shape == "relu" else drawn + shift) * width
    plain = error(values, (float(values.min()), float(values.max())))
    assert error(values, clipped(values)) <= plain * 1.08  # the histogram knows a value to its bin


@given(st.lists(st.integers(0, 50), min_size=8, max_size=32), st.floats(0.1, 100))
@draws(60)
def test_it_does_not_depend_on_units_or_on_the_number_of_values(counts: list[int], unit: float) -> None:
    low, high = clipped_range(-2.0, 3.0, counts)
    scaled = clipped_range(-2.0 * unit, 3.0 * unit, [7 * c for c in counts])
    assert scaled == pytest.approx((low * unit, high * unit), rel=1e-6)


@given(st.lists(st.integers(0, 50), min_size=8, max_size=32))
@draws(60)
def test_turned_around_it_is_the_same(counts: list[int]) -> None:
    low, high = clipped_range(-2.0, 3.0, counts)
    assert clipped_range(-3.0, 2.0, counts[::-1]) == pytest.approx((-high, -low), rel=1e-9)


@pytest.mark.parametrize(("low", "high"), [(-3.0, 5.0), (2.0, 2.0), (-math.inf, 1.0), (math.nan, math.nan)])
def test_without_counts_the_true_range(low: float, high: float) -> None:
    assert clipped_range(low, high, ()) == pytest.approx((low, high), nan_ok=True)


@pytest.mark.parametrize(("low", "high"), [(-math.inf, 1.0), (0.0, math.inf), (math.nan, 1.0)])
def test_what_is_not_finite_stays_so(low: float, high: float) -> None:
    """So that quantize can refuse it."""
    assert clipped_range(low, high, [1, 2]) == pytest.approx((low, high), nan_ok=True)


def test_an_outlier_is_clipped_and_the_error_falls() -> None:
    values = with_outlier()
    low, high = clipped(values)
    assert high < 20
    assert low == pytest.approx(values.min(), rel=0.3)
    assert error(values, (low, high)) < 0.6 * error(values, (float(values.min()), 30.0))


def test_many_outliers_are_kept() -> None:
    values = np.append(np.random.default_rng(0).normal(0, 1, 20000), np.full(4000, 60.0))
    assert clipped(values)[1] == 60.0


def test_uniform_values_are_not_clipped() -> None:
    values = np.random.default_rng(0).uniform(-2, 3, 20000)
    assert clipped(values) == (float(values.min()), float(values.max()))


@pytest.mark.parametrize("sign", [1, -1])
def test_one_sided_values_start_at_zero(sign: int) -> None:
    values = sign * np.abs(np.random.default_rng(0).normal(0, 1, 5000)) + sign
    got = clipped(values)
    assert got[0 if sign > 0 else 1] == 0.0


def test_monte_carlo_finds_no_better_range_on_the_same_grid() -> None:
    values = np.random.default_rng(1).laplace(0, 1, 50000)
    low, high = float(values.min()), float(values.max())
    mine = error(values, clipped(values))
    others = [error(values, (low * a / 12, high * b / 12)) for a in range(2, 13) for b in range(2, 13)]
    assert mine <= min(others) * 1.05
    assert mine < error(values, (low, high)) * 0.95


# -- what is quantized over more, or less, than the range of the smallest error ------------------------------


@dataclass(frozen=True)
class Seen:
    low: float
    high: float
    counts: tuple[int, ...]


def seen(values: Array) -> Seen:
    low, high = float(values.min()), float(values.max())
    return Seen(low, high, tuple(np.histogram(values, BINS, (low, high))[0].tolist()))


def norm() -> Graph:
    """d * d, its mean, plus a number, reciprocal root, times a scale; d * d also goes elsewhere where asked for."""
    graph = Graph(inputs=["d"], outputs=["out"])
    for name in ("d", "square", "mean", "sum", "root", "gain", "out"):
        graph.add(Tensor(name, (1, 4, 6, 2)))
    graph.add(Tensor("eps", (1,), "float32", np.array([1e-5], np.float32)))
    graph.add(Tensor("scale", (2,), "float32", np.array([3.0, -2.0], np.float32)))
    graph.ops = [
        Op("MUL", ("d", "d"), ("square",)),
        Op("MEAN", ("square", ""), ("mean",)),
        Op("ADD", ("mean", "eps"), ("sum",)),
        Op("RSQRT", ("sum",), ("root",)),
        Op("MUL", ("root", "scale"), ("gain",)),
        Op("MUL", ("d", "gain"), ("out",)),
    ]
    return graph


def variances() -> Array:
    """Of most channels about 1; a few are dead."""
    alive = np.random.default_rng(3).uniform(0.5, 2.0, 5000)
    return np.append(alive, np.full(20, 1e-5))


def test_averaged_squares_and_variances_keep_all_that_was_seen() -> None:
    values = {n: seen(with_outlier() ** 2) for n in ("square", "mean", "sum")} | {"d": seen(with_outlier())}
    ranges = chosen_ranges(norm(), values)
    assert ranges["square"][1] == values["square"].high == ranges["sum"][1]
    assert ranges["d"][1] < values["d"].high / 2  # others are clipped
    assert ranges["sum"][0] == values["sum"].low > 0  # the true smallest one: roots and quotients need it


def test_products_of_two_tensors_are_no_squares() -> None:
    graph = norm()
    graph.ops[0] = Op("MUL", ("d", "out"), ("square",))
    assert chosen_ranges(graph, {"square": seen(with_outlier() ** 2)})["square"][1] < 900


def test_dead_channels_do_not_take_the_steps_of_reciprocal_roots() -> None:
    of = variances()
    values = {"sum": seen(of), "root": seen(of**-0.5), "gain": seen(3 * of**-0.5)}
    assert values["root"].high > 300
    ranges = chosen_ranges(norm(), values)
    assert 1.3 < ranges["root"][1] < 4
    assert ranges["gain"][1] == pytest.approx(3 * ranges["root"][1])
    without = {n: seen(v[:5000]) for n, v in (("sum", of), ("root", of**-0.5))}
    assert chosen_ranges(norm(), without)["root"][1] == pytest.approx(0.5**-0.5, rel=0.05)


def test_no_other_bound_has_a_smaller_relative_error() -> None:
    of = np.random.default_rng(5).gamma(3.0, 0.4, 20000) + 0.02
    roots, told_apart = of**-0.5, of / (of + of.max() / 255)

    def relative(bound: float) -> float:
        q = np.clip(np.round(roots / bound * 255), 0, 255) / 255 * bound
        return float((told_apart * ((q - roots) / roots) ** 2).mean())

    mine = relative(reciprocal_root_bound(seen(of)))
    assert mine <= 1.05 * min(relative(b) for b in np.geomspace(roots.min(), roots.max(), 60))


@pytest.mark.parametrize("bad", [Seen(1.0, 2.0, ()), Seen(-1.0, 2.0, (1, 2)), Seen(0.0, math.inf, (1, 2))])
def test_without_a_histogram_of_positive_values_there_is_no_bound(bad: Seen) -> None:
    assert reciprocal_root_bound(bad) == math.inf
