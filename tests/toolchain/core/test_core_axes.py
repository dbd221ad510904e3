"""Physical and back, and what is said about it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeconv.core.axes import deal, lies, to_logical, to_physical

CLIP = (2, 3, 4, 5, 7)


def pieces(perm: tuple[int, ...], shape: tuple[int, ...] = CLIP) -> list[tuple[int, int]]:
    return [(axis, shape[axis]) for axis in perm]


@pytest.mark.parametrize(
    ("perm", "physical", "expected"),
    [
        ((0, 2, 1, 3, 4), (8, 3, 5, 7), "[8, 3, 5, 7] = [N·T, C, H, W] (frames)"),
        ((0, 2, 3, 4, 1), (8, 5, 7, 3), "[8, 5, 7, 3] = [N·T, H, W, C] (frames, channels last)"),
        ((0, 1, 2, 3, 4), (2, 3, 4, 35), "[2, 3, 4, 35] = [N, C, T, H·W] (timeline)"),
        ((0, 2, 3, 4, 1), (2, 4, 35, 3), "[2, 4, 35, 3] = [N, T, H·W, C] (timeline, channels last)"),
        ((0, 1, 2, 3, 4), CLIP, "[2, 3, 4, 5, 7] as in the source"),
        ((4, 3, 2, 1, 0), (7, 5, 4, 6), "[7, 5, 4, 6] = [W, H, T, C·N]"),
    ],
)
def test_how_a_clip_lies(perm: tuple[int, ...], physical: tuple[int, ...], expected: str) -> None:
    assert lies(CLIP, pieces(perm), physical, "NCTHW") == expected


def test_axes_of_one_are_in_no_dimension() -> None:
    shape = (1, 3, 4, 5, 7)
    text = lies(shape, pieces((0, 2, 1, 3, 4), shape), (4, 3, 5, 7))
    assert text == "[4, 3, 5, 7] = [2, 1, 3, 4] (frames)"
    assert lies(shape, pieces((0, 2, 1, 3, 4), shape), (1, 4, 3, 35)) == "[1, 4, 3, 35] = [–, 2, 1, 3·4]"


def test_same_shape_in_another_order_is_told() -> None:
    assert lies((4, 4), [(1, 4), (0, 4)], (4, 4)) == "[4, 4] = [1, 0]"


def test_an_axis_in_pieces() -> None:
    assert deal([(0, 2), (1, 3), (0, 5)], (6, 5)) == ((0, 1), (0,))
    assert deal([(0, 2), (0, 5), (1, 3)], (10, 3)) == ((0,), (1,))


@given(st.permutations(range(5)), st.integers(0, 3))
def test_there_and_back(perm: list[int], merged: int) -> None:
    array = np.arange(np.prod(CLIP)).reshape(CLIP)
    laid = [CLIP[axis] for axis in perm]
    physical = (*laid[:merged], laid[merged] * laid[merged + 1], *laid[merged + 2 :])
    there = to_physical(array, perm, physical)
    assert there.shape == physical
    assert (there.reshape(-1) == array.transpose(perm).reshape(-1)).all()
    assert (to_logical(there, perm, CLIP) == array).all()
