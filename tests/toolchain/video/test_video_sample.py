from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeconv.video.sample import CENTRE, centre_indices, plan_clip, random_indices, spread

totals = st.integers(1, 5000)
segments = st.integers(1, 64)


@given(totals, segments)
def test_centres_follow_ecos_formula(total: int, count: int) -> None:
    tick = total / float(count)
    assert centre_indices(total, count) == tuple(int(tick / 2.0 + tick * x) for x in range(count))


@given(totals, segments, st.integers(0, 2**32 - 1), st.integers(0, 20))
def test_one_frame_per_segment_in_order_and_in_range(total: int, count: int, seed: int, number: int) -> None:
    plan = plan_clip("a.mp4", number, start=0, stop=total, segments=count, seed=seed)
    assert len(plan.frames) == count
    assert list(plan.frames) == sorted(plan.frames)
    assert all(0 <= frame < total for frame in plan.frames)
    assert 0 <= plan.crop_x <= 1
    assert 0 <= plan.crop_y <= 1
    if total >= count:
        assert len(set(plan.frames)) == count
        bounds = [math.floor(total / count * x + 0.5) for x in range(count + 1)]
        assert all(bounds[x] <= frame < bounds[x + 1] for x, frame in enumerate(plan.frames))


def test_every_frame_of_a_segment_can_be_drawn() -> None:
    rng = np.random.default_rng(0)
    draws = [random_indices(10, 4, rng) for _ in range(300)]
    assert [set(column) for column in zip(*draws, strict=True)] == [{0, 1, 2}, {3, 4}, {5, 6, 7}, {8, 9}]


@given(totals, segments, st.integers(0, 1000))
def test_a_range_of_frames_only_shifts(total: int, count: int, start: int) -> None:
    whole = plan_clip("a.mp4", 3, start=0, stop=total, segments=count, seed=1)
    part = plan_clip("a.mp4", 3, start=start, stop=start + total, segments=count, seed=1)
    assert part.frames == tuple(start + f for f in whole.frames)


def test_short_videos_repeat_frames_from_start_to_end() -> None:
    assert centre_indices(3, 8) == (0, 0, 0, 1, 1, 2, 2, 2)
    assert centre_indices(1, 4) == (0, 0, 0, 0)
    assert centre_indices(16, 16) == tuple(range(16))


def test_first_clip_is_centred_and_further_clips_differ_but_repeat_with_the_seed() -> None:
    def plan(number: int, name: str = "a.mp4", seed: int = 0):
        return plan_clip(name, number, start=0, stop=300, segments=16, seed=seed)

    assert (plan(0).crop_x, plan(0).crop_y) == (CENTRE, CENTRE)
    assert plan(0) == plan(0, seed=9)
    assert plan(1) == plan(1)
    assert len({plan(1), plan(2), plan(1, "b.mp4"), plan(1, seed=1)}) == 4


@pytest.mark.parametrize(("total", "count"), [(0, 4), (4, 0), (-1, 4)])
def test_nothing_to_sample_is_refused(total: int, count: int) -> None:
    with pytest.raises(ValueError, match="segments"):
        centre_indices(total, count)


@given(st.integers(1, 300), st.data())
def test_spread_gives_different_indices(total: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, total))
    assert len(set(spread(total, count))) == count
    assert all(0 <= i < total for i in spread(total, count))
