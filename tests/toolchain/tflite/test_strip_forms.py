"""Views of strips: where tails lie, and how axes are merged to batch 1."""

from __future__ import annotations

import pytest

from edgeconv.tflite.strip.forms import common_view, fits, grouped, pixels, stretched


def test_a_tail_lies_behind_each_frame() -> None:
    rows = stretched((5, 10, 7, 4), 5, 2 * 28)
    assert rows is not None
    assert (rows.shape, rows.axis, rows.count, rows.rows, rows.pitch) == ((5, 12, 7, 4), 1, 1, 10, 12)
    tall = stretched((1, 50, 7, 4), 5, 2 * 28)
    assert tall is not None
    assert (tall.shape, tall.axis, tall.count, tall.rows, tall.pitch) == ((1, 60, 7, 4), 1, 5, 10, 12)
    flat = stretched((1, 5, 70, 4), 5, 2 * 28)
    assert flat is not None
    assert (flat.shape, flat.axis) == ((1, 5, 84, 4), 2)


@pytest.mark.parametrize(
    ("shape", "frames", "tail"),
    [((5, 10, 7, 4), 5, 27), ((6, 10, 7, 4), 4, 28), ((1, 51, 7, 4), 5, 28)],
    ids=["no whole rows", "frames across an axis", "rows that no frames share"],
)
def test_a_view_that_holds_no_tails(shape: tuple[int, ...], frames: int, tail: int) -> None:
    assert stretched(shape, frames, tail) is None


def test_axes_are_merged_until_batch_one() -> None:
    assert fits((1, 5, 70, 4))
    assert not fits((5, 10, 7, 4))
    view = grouped((5, 10, 7, 4), (1,))
    assert view is not None
    assert view.shape[0] == 1
    assert len(view.shape) == 4
    place = view.place[1]
    assert view.shape[place.axis] == place.steps(10)


def test_more_axes_than_there_are() -> None:
    assert grouped((5, 10, 7, 4), (0, 1, 2, 3)) is None


def test_operands_of_a_broadcast_are_viewed_alike() -> None:
    views = common_view([(5, 10, 7, 4), (5, 1, 1, 4)], (5, 10, 7, 4))
    assert views == [(1, 5, 70, 4), (1, 5, 1, 4), (1, 5, 70, 4)]
    assert common_view([(5, 1, 7, 1), (1, 10, 1, 4)], (5, 10, 7, 4)) is None


def test_the_size_of_a_frame() -> None:
    assert pixels((5, 10, 7, 4)) == pixels((1, 5, 70, 4)) == 70
    assert pixels((5, 4)) == 0
