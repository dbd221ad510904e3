"""Accuracies by hand."""

import numpy as np
import pytest

from edgeconv.evaluation import Interval, agreement, score

CLASSES = ("a", "b", "c", "d", "e", "f", "g")


def logits(*answers: int, second: int = 6) -> np.ndarray:
    rows = np.zeros((len(answers), len(CLASSES)), np.float32)
    rows[:, second] = 1
    rows[range(len(answers)), answers] = 2
    return rows


def test_a_score_by_hand() -> None:
    found = score(logits(0, 1, 1, 1, 3, 5), np.array([0, 0, 0, 1, 6, 3]), CLASSES)
    assert (found.top1.hits, found.top1.of) == (2, 6)
    assert [(c.name, c.clips, c.right, c.mistaken_for) for c in found.classes] == [
        ("a", 3, 1, "b"),
        ("b", 1, 1, ""),
        ("d", 1, 0, "f"),
        ("g", 1, 0, "d"),
    ]
    assert found.top5 is not None
    assert found.top5.hits == 5  # 'd' is the sixth: behind 'f', 'g' and the first three of its equals
    assert found.confusion[0] == (1, 2, 0, 0, 0, 0, 0)
    assert sum(map(sum, found.confusion)) == 6
    assert score(logits(0)[:, :5], np.array([0]), CLASSES[:5]).top5 is None


def test_the_fifth_place_counts_and_the_sixth_does_not() -> None:
    rows = np.arange(7, 0, -1, dtype=np.float32)[None].repeat(2, 0)
    found = score(rows, np.array([4, 5]), CLASSES)
    assert found.top5 is not None
    assert found.top5.hits == 1


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634), (81, 263, 0.2553, 0.3662)],
)
def test_wilsons_interval_as_published(hits: int, of: int, low: float, high: float) -> None:
    found = Interval.of_hits(hits, of)
    assert (found.low, found.high) == (pytest.approx(low, abs=6e-5), pytest.approx(high, abs=6e-5))


def test_agreement_counts_equal_answers_right_or_wrong() -> None:
    found = agreement("fp32", "int8", (logits(0, 1, 2, 3), logits(0, 1, 2, 4)))
    assert (found.first, found.second, found.same.hits, found.same.of) == ("fp32", "int8", 3, 4)
