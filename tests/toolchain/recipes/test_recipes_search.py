"""The search for the fewest tensors, against a judge whose answer is known."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeconv.recipes import Found, Score, search

GOAL = Score(mean=0.95, least=0.90)


def needs(*wanted: str, names: str = "abcdefghijkl", budget: int = 60) -> Found:
    """Each wanted tensor spares 10 %, everything else nothing."""

    def judge(tensors: tuple[str, ...]) -> Score:
        missing = len({*wanted} - {*tensors})
        return Score(mean=0.97 - 0.1 * missing, least=0.92 - 0.1 * missing)

    return search(names, judge, GOAL, budget)


@pytest.mark.parametrize("wanted", ["a", "b", "l", "ab", "ac", "dk", "bhl", "abcdefghijkl"])
def test_it_finds_exactly_what_is_needed(wanted: str) -> None:
    found = needs(*wanted)
    assert found.reached
    assert "".join(sorted(found.tensors)) == wanted
    assert found.score == Score(mean=0.97, least=0.92)


@settings(max_examples=60, derandomize=True, deadline=None, database=None)
@given(st.sets(st.sampled_from("abcdefghijklmnopqrstuvwx"), min_size=1), st.integers(1, 40))
def test_whatever_the_budget_it_is_kept_and_what_is_told_was_run(wanted: set[str], budget: int) -> None:
    found = needs(*wanted, names="abcdefghijklmnopqrstuvwx", budget=budget)
    assert 1 <= len(found.trials) <= budget
    assert any(t.tensors == found.tensors and t.score == found.score for t in found.trials)
    assert found.reached == any(t.score.reaches(GOAL) for t in found.trials)
    assert not found.reached or {*wanted} <= {*found.tensors}


def test_a_goal_that_is_out_of_reach_gives_the_best_that_was_seen() -> None:
    found = search("abcde", lambda t: Score(0.5 + 0.01 * len(t), 0.4), GOAL, 20)
    assert not found.reached
    assert found.tensors == tuple("abcde")
    assert [len(t.tensors) for t in found.trials] == [1, 2, 4, 5]


def test_the_worst_clip_counts_as_well() -> None:
    found = search("abc", lambda t: Score(0.99, 0.95 if "c" in t else 0.5), GOAL, 20)
    assert found.reached
    assert found.tensors == ("c",)


def test_no_set_is_tried_twice() -> None:
    found = needs(*"bhl")
    tried = [frozenset(t.tensors) for t in found.trials]
    assert len(tried) == len(set(tried))
    assert all(a != b for a, b in pairwise(tried))


def test_nothing_to_try() -> None:
    with pytest.raises(ValueError, match="needs tensors"):
        search((), lambda _: GOAL, GOAL, 3)
