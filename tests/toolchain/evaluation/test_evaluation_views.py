"""Which clips and crops of a video are looked at."""

from __future__ import annotations

import pytest

from edgeconv.core.errors import UsageError
from edgeconv.evaluation import View, views


def test_one_view_is_the_centre_that_an_export_takes() -> None:
    assert views(1, 1) == (View(0.5, 0.5),)


def test_clips_are_evenly_apart_and_each_has_all_crops() -> None:
    made = views(4, 3)
    assert [v.moment for v in made[::3]] == [0.125, 0.375, 0.625, 0.875]
    assert [v.place for v in made[:3]] == [0.0, 0.5, 1.0]
    assert len(set(made)) == 12


@pytest.mark.parametrize(("clips", "crops"), [(0, 1), (1, 2), (1, 10)])
def test_other_views_are_refused(clips: int, crops: int) -> None:
    with pytest.raises(UsageError, match="cannot be taken"):
        views(clips, crops)
