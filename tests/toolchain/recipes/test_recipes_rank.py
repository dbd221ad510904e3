"""Which tensors a recipe tries first."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from edgeconv.core.drift import DriftPoint
from edgeconv.recipes import added_noise, ranked


def point(name: str, sqnr: float, lost: float) -> DriftPoint:
    return DriftPoint(tensor=name, op="CONV_2D", sqnr_db=sqnr, cosine=1, lost_db=lost)


def test_powers_of_independent_noise_add_up() -> None:
    rng = np.random.default_rng(0)
    signal, first, second = (rng.standard_normal(200_000) * s for s in (1, 0.1, 0.05))

    def sqnr(noise: npt.NDArray[np.float64]) -> float:
        return float(10 * np.log10(np.square(signal).mean() / np.square(noise).mean()))

    before, after = sqnr(first), sqnr(first + second)
    assert added_noise(point("x", after, before - after)) == pytest.approx(np.square(second).mean(), rel=0.05)


def test_a_small_loss_at_much_noise_counts_more_than_a_large_one_at_little() -> None:
    assert ranked([point("clean", 60, 20), point("noisy", 10, 1), point("middle", 20, 3)]) == (
        "noisy",
        "middle",
        "clean",
    )


def test_what_adds_nothing_is_left_out() -> None:
    assert ranked([point("a", 20, 0), point("b", 20, -3), point("c", 20, 2)]) == ("c",)


def test_ties_are_in_the_order_of_names() -> None:
    assert ranked([point(n, 20, 2) for n in "bca"]) == ("a", "b", "c")
