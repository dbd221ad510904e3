"""Clipping: never wider than what was seen, and a smaller error where it acts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tflite_graphs import Array, draws

from edgeconv.tflite import clipped_range
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
