"""Permutations of many blocks by transposes of rank 4."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from edgeconv.core.permuting import next_transpose


def steps_of(places: list[int]) -> int:
    """Apply what is advised until the blocks are in order; neighbours that belong together are merged as Views does."""
    steps = 0
    while places != sorted(places):
        numbers = merged(places)
        together, perm = next_transpose(tuple(numbers), 4)
        assert len(together) <= 4
        assert sorted(i for g in together for i in g) == list(range(len(numbers)))
        places = [numbers[i] for g in perm for i in together[g]]
        steps += 1
    return steps


def merged(places: list[int]) -> list[int]:
    runs = [places[0], *(b for a, b in itertools.pairwise(places) if b != a + 1)]
    return [sorted(runs).index(r) for r in runs]


@given(st.permutations(range(9)))
def test_every_permutation_comes_to_an_end(places: list[int]) -> None:
    assert steps_of(places) <= 5


def test_up_to_four_blocks_need_one_transpose() -> None:
    assert all(steps_of(list(p)) <= 1 for p in itertools.permutations(range(4)))


def test_a_window_partition_takes_two() -> None:
    # [T/a, a, H/b, b, W/c, c, C] to [T/a, H/b, W/c, a, b, c, C]: one axis at a time would take three.
    assert steps_of([0, 3, 1, 4, 2, 5, 6]) == 2
