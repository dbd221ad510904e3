"""Metrics against values worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from edgeconv.core.layout import Array
from edgeconv.parity.metrics import CAP_DB, failed_pair, measure, pair


def row(*values: float) -> Array:
    return np.array([values], np.float32)


def test_identical() -> None:
    m = measure(row(1, -2, 3), row(1, -2, 3))
    assert m.model_dump() == pytest.approx(
        {"max_abs": 0, "relative": 0, "cosine": 1, "sqnr_db": CAP_DB, "top1": 1, "top5": 1, "saturated": 0}
    )


def test_by_hand() -> None:
    """(3, 4) against (4, 3): dot 24, norms 5; error (1, 1), noise 2, signal 25."""
    m = measure(row(3, 4), row(4, 3))
    assert m.max_abs == 1
    assert m.relative == 0.25
    assert m.cosine == pytest.approx(24 / 25)
    assert m.sqnr_db == pytest.approx(10 * math.log10(25 / 2))
    assert (m.top1, m.top5) == (0, 1)


def test_a_flipped_sign_is_as_far_as_it_gets() -> None:
    m = measure(row(1, -2, 3, 0, 0, 0), row(-1, 2, -3, 0, 0, 0))
    assert (m.max_abs, m.relative, m.cosine, m.top1) == (6, 2, -1, 0)
    assert m.sqnr_db == pytest.approx(-20 * math.log10(2))


def test_cosine_does_not_see_a_factor_and_the_rest_does() -> None:
    m = measure(row(1, 2), row(2, 4))
    assert m.cosine == pytest.approx(1)
    assert (m.relative, m.sqnr_db) == (1, 0)


def test_zero_reference() -> None:
    same, other = measure(row(0, 0), row(0, 0)), measure(row(0, 0), row(0, 1))
    assert (same.cosine, same.relative, same.sqnr_db) == (1, 0, CAP_DB)
    assert (other.cosine, other.sqnr_db) == (0, 0)
    assert other.relative == pytest.approx(1e12)
    assert measure(row(0, 1), row(0, 0)).cosine == 0


def test_relative_is_over_the_scale_of_all_clips() -> None:
    assert measure(row(1), row(2), scale=10).relative == pytest.approx(0.1)
    assert measure(row(20), row(21), scale=10).relative == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("got", "overlap"),
    [
        ((9, 8, 7, 6, 5, 0, 0, 0), 1.0),
        ((5, 6, 7, 8, 9, 0, 0, 0), 1.0),  # order within the five does not matter
        ((9, 8, 7, 6, 0, 5, 0, 0), 0.8),
        ((0, 0, 0, 5, 6, 7, 8, 9), 0.4),
    ],
)
def test_top5_overlap(got: tuple[float, ...], overlap: float) -> None:
    assert measure(row(9, 8, 7, 6, 5, 4, 3, 2), row(*got)).top5 == overlap


def test_top5_of_fewer_than_five_classes_is_always_whole() -> None:
    m = measure(row(1, 2, 3), row(3, 2, 1))
    assert (m.top1, m.top5) == (0, 1)
    assert measure(row(1), row(9)).top1 == 1


def test_ties_go_to_the_first_class_on_both_sides() -> None:
    assert measure(row(1, 1, 0), row(1, 1, 0)).top1 == 1
    assert measure(row(*[0] * 8), row(*[0] * 8)).top5 == 1


def test_sums_are_made_in_double_precision() -> None:
    big = np.full((1, 1 << 20), 1.0001, np.float32)
    assert measure(big, big).cosine == pytest.approx(1, abs=1e-12)


def test_shapes_may_differ_and_sizes_may_not() -> None:
    assert measure(np.ones((1, 4, 1, 1)), np.ones((1, 4))).cosine == 1
    with pytest.raises(ValueError, match="cannot be compared"):
        measure(np.ones((1, 4)), np.ones((1, 5)))


def test_a_pair_holds_mean_worst_and_worst_clip() -> None:
    expected = np.stack([row(3, 4), row(0, 10), row(1, 0)])
    got = np.stack([row(4, 3), row(0, 10), row(1, 1)])
    p = pair("PyTorch", "int8", ("a", "b", "c"), [expected], [got], (0.0, 0.5, 0.25))
    assert list(p.clips) == ["a", "b", "c"]
    assert p.clips["a"].relative == pytest.approx(0.1)  # scale 10, of clip b
    assert p.worst_clip == "c"
    assert p.worst.cosine == pytest.approx(1 / math.sqrt(2))
    assert p.worst.max_abs == 1
    assert p.worst.saturated == 0.5
    assert p.worst.sqnr_db == pytest.approx(0)
    assert p.worst.top1 == 0
    assert p.mean.saturated == 0.25
    assert p.mean.top1 == pytest.approx(2 / 3)
    assert p.mean.cosine == pytest.approx((0.96 + 1 + 1 / math.sqrt(2)) / 3)


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("clip", [0, 1])
@pytest.mark.parametrize("side", ["expected", "got"])
def test_numbers_that_are_none_are_a_failure_whichever_clip_holds_them(value: float, clip: int, side: str) -> None:
    """max() and min() drop a NaN that does not come first."""
    arrays = {"expected": np.ones((2, 1, 3)), "got": np.ones((2, 1, 3))}
    arrays[side][clip, 0, 1] = value
    p = pair("PyTorch", "fp32", ("a", "b"), [arrays["expected"]], [arrays["got"]])
    assert "NaN or infinite" in p.failure
    assert "ab"[clip] in p.failure


def test_a_failed_pair_has_no_clips() -> None:
    p = failed_pair("PyTorch", "int8", "killed by SIGABRT")
    assert (p.failure, p.worst_clip, p.clips) == ("killed by SIGABRT", "", {})


def test_no_output_hides_behind_another() -> None:
    scores, mask = np.stack([row(3, 4), row(0, 10)]), np.ones((2, 1, 1, 2, 3))
    off = mask.copy()
    off[1, 0, 0, 1, 2] = -1
    p = pair("PyTorch", "int8", ("a", "b"), [scores, mask], [scores, off], (), ("score", "mask"))
    assert (p.clips["a"].relative, p.clips["b"].relative) == (0, 2)
    assert p.clips["b"].cosine == p.worst.cosine == pytest.approx(4 / 6)
    assert p.worst_clip == "b"
    assert list(p.outputs) == ["score", "mask"]
    assert (p.outputs["score"].relative, p.outputs["mask"].relative) == (0, 2)
    assert (p.outputs["score"].top1, p.outputs["mask"].top1) == (1, None)
    assert p.worst.top1 == 1


def test_a_single_output_is_not_told_twice() -> None:
    assert pair("PyTorch", "int8", ("a",), [np.ones((1, 1, 3))], [np.ones((1, 1, 3))], (), ("logits",)).outputs == {}


def test_another_number_of_outputs_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="zip"):
        pair("PyTorch", "int8", ("a",), [np.ones((1, 1, 3))] * 2, [np.ones((1, 1, 3))])


def test_classes_are_those_of_every_row_of_a_batch() -> None:
    expected = np.array([[1.0, 2, 3], [3, 2, 1]])
    assert measure(expected, expected[:, ::-1]).top1 == 0
    assert measure(expected, np.array([[1.0, 2, 3], [1, 2, 3]])).top1 == 0.5


@pytest.mark.parametrize("shape", [(6,), (1, 2, 3), (1, 1, 1, 2, 3)])
def test_only_scores_have_classes(shape: tuple[int, ...]) -> None:
    m = measure(np.arange(6.0).reshape(shape), np.arange(6.0).reshape(shape))
    assert (m.top1, m.top5, m.cosine) == (None, None, 1)
