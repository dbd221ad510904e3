"""Whether two stages say the same, and the exact McNemar test by enumeration."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from edgeconv.evaluation import agreement
from edgeconv.evaluation.agreeing import mcnemar


def one_hot(answers: list[int]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.eye(3)[answers]


def test_agreement_counts_answers_right_or_wrong() -> None:
    truth = [0, 1, 2, 0, 1]
    made = agreement("torch", "int8", (one_hot([0, 1, 1, 1, 2]), one_hot([0, 2, 1, 0, 0])), truth)
    assert (made.same.value, made.only_first, made.only_second) == (0.4, 1, 1)
    assert made.p_value == 1.0


@pytest.mark.parametrize(("first", "second"), [(0, 0), (1, 0), (3, 1), (7, 2), (0, 9), (5, 5)])
def test_mcnemar_by_enumeration(first: int, second: int) -> None:
    total = first + second
    tails = [sum(flips) for flips in product((0, 1), repeat=total)]
    as_far = sum(abs(t - total / 2) >= abs(first - total / 2) for t in tails)
    assert mcnemar(first, second) == pytest.approx(as_far / 2**total)


def test_a_clear_difference_is_hardly_chance() -> None:
    truth = [0] * 20
    made = agreement("a", "b", (one_hot([0] * 20), one_hot([0] * 8 + [1] * 12)), truth)
    assert made.only_first == 12
    assert made.p_value < 0.001
