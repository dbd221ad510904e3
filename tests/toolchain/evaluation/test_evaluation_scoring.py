"""Top-1, top-5, intervals and confusion against numbers worked out by hand or by counting."""

from __future__ import annotations

import numpy as np
import pytest

from edgeconv.evaluation import score, wilson

SCORES = np.array([[5, 1, 0], [0, 2, 1], [3, 2, 9], [4, 5, 6], [1, 0, 0]], float)
LABELS = [0, 1, 2, 1, 2]


def test_confusion_recall_and_precision() -> None:
    made = score("int8", SCORES, LABELS, ("a", "b", "c"))
    assert made.confusion == ((1, 0, 0), (0, 1, 1), (1, 0, 1))
    assert (made.top1.value, made.top1.videos) == (0.6, 5)
    assert made.top5 is None
    assert [(c.videos, c.recall, c.precision) for c in made.classes] == [(1, 1, 0.5), (2, 0.5, 1), (2, 0.5, 0.5)]


def test_a_class_without_videos_or_answers_has_no_share() -> None:
    made = score("int8", SCORES[:2], LABELS[:2], ("a", "b", "c"))
    assert [(c.videos, c.recall, c.precision) for c in made.classes][2] == (0, None, None)


def test_top_5_of_six_classes() -> None:
    scores = np.arange(12.0).reshape(2, 6)
    made = score("x", scores, [0, 1], tuple("abcdef"))
    assert made.top5 is not None
    assert (made.top1.value, made.top5.value) == (0.0, 0.5)


def test_equal_scores_go_to_the_lower_number() -> None:
    assert score("x", np.zeros((1, 3)), [0], tuple("abc")).top1.value == 1


@pytest.mark.parametrize(
    ("right", "total", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_as_in_the_literature(right: int, total: int, low: float, high: float) -> None:
    """The worked examples of Newcombe, Statistics in Medicine 17 (1998), table I, method 3."""
    made = wilson(right, total)
    assert (made.low, made.high) == (pytest.approx(low, abs=6e-5), pytest.approx(high, abs=6e-5))


def test_the_interval_covers_what_it_claims() -> None:
    """Drawn anew 4,000 times, the true share lies inside about 95 % of the time."""
    rng = np.random.default_rng(0)
    for truth, total in ((0.5, 40), (0.9, 60), (0.05, 100)):
        drawn = rng.binomial(total, truth, 4000)
        inside = [wilson(int(r), total).low <= truth <= wilson(int(r), total).high for r in drawn]
        assert 0.92 < np.mean(inside) < 0.985


def test_the_ends_of_the_interval() -> None:
    assert wilson(20, 20).high == 1.0
    assert wilson(0, 20).low == 0.0
    nothing = wilson(0, 0)
    assert (nothing.low, nothing.high, nothing.videos) == (0.0, 1.0, 0)
