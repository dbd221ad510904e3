"""Clips of labelled videos: the centre view is the clip that an export takes; the others lie where they should."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeconv.profiles import ClipsProfile, VideoProfile
from edgeconv.video import ClipForm, VideoError, read_views
from edgeconv.video.clips import ClipRequest, load_clips
from edgeconv.video.sample import centre_indices
from edgeconv.video.synthetic import write_synthetic
from edgeconv.video.viewing import moments

FORM = ClipForm(frames=5, height=40, width=56, video=VideoProfile(resize=64, color="RGB", scale=0.5))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("viewing") / "videos"
    write_synthetic(made, "calibration", 3, seed=4)
    return made


def test_the_centre_view_is_the_clip_of_an_export(folder: Path, tmp_path: Path) -> None:
    request = ClipRequest(
        folder, None, FORM.frames, FORM.height, FORM.width, FORM.video, ClipsProfile(clips=1), ClipsProfile(clips=1),
        0, tmp_path,
    )  # fmt: skip
    for clips in load_clips(request):
        name = clips.names[0].rpartition("#")[0]
        made = read_views(folder / name, FORM, [(0.5, 0.5)])
        assert made.dtype == np.float32
        np.testing.assert_array_equal(made, clips.array)


def test_views_differ_in_time_and_in_place(folder: Path) -> None:
    video = sorted(folder.iterdir())[0]
    asked = [(0.1, 0.5), (0.9, 0.5), (0.5, 0.0), (0.5, 1.0), (0.5, 0.5)]
    made = read_views(video, FORM, asked)
    assert made.shape == (5, 3, 5, 40, 56)
    for i in range(5):
        alone = read_views(video, FORM, [asked[i]])[0]
        np.testing.assert_array_equal(made[i], alone)
        assert all(np.abs(made[i] - made[j]).max() > 1 for j in range(i))


@pytest.mark.parametrize("total", [1, 3, 16, 31, 200])
def test_moments_are_ecos_at_the_centre_and_stay_in_their_segments(total: int) -> None:
    assert moments(total, 8, 0.5) == centre_indices(total, 8)
    for moment in (0.0, 0.3, 0.99, 1.0):
        found = moments(total, 8, moment)
        assert list(found) == sorted(found)
        assert all(0 <= index < total for index in found)
        assert all(abs(index - (total / 8) * (x + moment)) <= 1 for x, index in enumerate(found))


def test_what_is_no_video(tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"not a video at all")
    with pytest.raises(VideoError, match="cannot be opened"):
        read_views(broken, FORM, [(0.5, 0.5)])
    with pytest.raises(VideoError, match="no frames"):
        moments(0, 4, 0.5)
