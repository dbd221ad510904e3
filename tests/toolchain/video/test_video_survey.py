from __future__ import annotations

from pathlib import Path

import pytest
from video_samples import flat_pictures, save_video

from edgeconv.core.errors import UsageError
from edgeconv.core.report import SkippedClip
from edgeconv.video import survey
from edgeconv.video.decode import VideoError, VideoInfo
from edgeconv.video.sources import VideoSource
from edgeconv.video.survey import GoodVideo, VideoSet, hold_out, survey_folder


def video_set(count: int, frames: int = 40) -> VideoSet:
    return VideoSet(
        "clips",
        tuple(
            GoodVideo(VideoSource(f"{i}.mp4", Path(f"{i}.mp4")), VideoInfo(frames, 64, 48), 0, frames)
            for i in range(count)
        ),
        (SkippedClip(name="bad.mp4", reason="broken"),),
    )


@pytest.mark.parametrize("count", range(2, 40))
def test_about_a_quarter_is_held_out_and_nothing_is_shared(count: int) -> None:
    calibration, verification = hold_out(video_set(count))
    names = [[v.source.name for v in s.videos] for s in (calibration, verification)]
    assert not set(names[0]) & set(names[1])
    assert len(names[0]) + len(names[1]) == count
    assert len(names[0]) >= 1
    assert max(1, count / 4 - 1) <= len(names[1]) <= max(1, count / 4 + 1)
    assert [s.name for s in calibration.skipped] == ["bad.mp4"]
    assert calibration.origin == "clips"
    assert verification.origin == "clips (held out)"


def test_held_out_videos_are_evenly_spread() -> None:
    _, verification = hold_out(video_set(12))
    assert [v.source.name for v in verification.videos] == ["2.mp4", "6.mp4", "10.mp4"]


def test_a_single_video_is_cut_in_time() -> None:
    calibration, verification = hold_out(video_set(1, frames=40))
    assert (calibration.videos[0].start, calibration.videos[0].stop) == (0, 30)
    assert (verification.videos[0].start, verification.videos[0].stop) == (30, 40)
    assert calibration.origin == "clips (one video: its frames 0 to 29)"
    assert verification.origin == "clips (one video: its frames 30 to 39)"


@pytest.mark.parametrize("frames", [2, 3, 4, 5])
def test_a_single_short_video_still_leaves_a_frame_on_both_sides(frames: int) -> None:
    calibration, verification = hold_out(video_set(1, frames=frames))
    assert 0 < calibration.videos[0].stop == verification.videos[0].start < frames


def test_a_single_frame_cannot_be_held_out() -> None:
    with pytest.raises(UsageError, match="single frame") as caught:
        hold_out(video_set(1, frames=1))
    assert "skipped bad.mp4: broken" in str(caught.value)


def test_too_few_good_videos_names_folder_count_and_every_reason(tmp_path: Path) -> None:
    save_video(tmp_path / "good.mp4", flat_pictures(4))
    (tmp_path / "bad1.mp4").write_bytes(b"junk" * 100)
    (tmp_path / "bad2.avi").write_bytes(b"")
    with pytest.raises(UsageError) as caught:
        survey_folder(tmp_path, min_videos=2, wanted=4)
    assert str(tmp_path) in caught.value.message
    assert "has 1 usable video, but at least 2 are needed" in caught.value.message
    assert len(caught.value.reasons) == 2
    assert caught.value.reasons[0].startswith("skipped bad1.mp4: it cannot be opened: ")
    assert caught.value.reasons[1].startswith("skipped bad2.avi: it cannot be opened: ")
    assert "min_videos" in (caught.value.hint or "")


def test_only_a_spread_part_of_a_huge_folder_is_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(200):
        (tmp_path / f"{number}.mp4").write_bytes(b"")
    seen: list[str] = []

    def inspect(source: VideoSource, good_from: int = 0) -> VideoInfo:
        seen.append(source.name)
        if int(source.name.split(".")[0]) < good_from:
            raise VideoError("broken")
        return VideoInfo(10, 64, 48)

    monkeypatch.setattr(survey, "inspect_video", inspect)
    found = survey_folder(tmp_path, min_videos=1, wanted=16)
    assert len(found.videos) == len(seen) == survey.MAX_INSPECTED
    assert found.origin == f"{tmp_path.name} (64 of 200 videos looked at)"
    assert seen[0] == "1.mp4"
    assert seen[-1] == "198.mp4"

    seen.clear()
    monkeypatch.setattr(survey, "inspect_video", lambda source: inspect(source, good_from=199))
    assert [v.source.name for v in survey_folder(tmp_path, min_videos=1, wanted=16).videos] == ["199.mp4"]
    assert len(seen) == 200
