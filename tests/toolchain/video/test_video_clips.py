from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from video_samples import flat_pictures, save_images, save_video

from edgeconv.core.errors import UsageError
from edgeconv.profiles import ClipsProfile, VideoProfile
from edgeconv.video import clips
from edgeconv.video.clips import ClipRequest, load_clips
from edgeconv.video.sample import centre_indices

Make = Callable[..., ClipRequest]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five good videos, one of them images, and two bad ones."""
    where = tmp_path / "videos"
    where.mkdir()
    for name in ("a.mp4", "b.avi", "c.mkv", "d.mov"):
        save_video(where / name, flat_pictures(40))
    save_images(where / "e", flat_pictures(30))
    (where / "bad.mp4").write_bytes(b"\0" * 5000)
    (where / "cut.mp4").write_bytes((where / "a.mp4").read_bytes()[:900])
    return where


def test_shapes_names_and_report(folder: Path, request_clips: Make) -> None:
    calibration, verification = load_clips(request_clips(folder))
    for loaded, role, count in ((calibration, "calibration", 4), (verification, "verification", 3)):
        assert loaded.array.shape == (count, 3, 8, 32, 32)
        assert loaded.array.dtype == np.float32
        assert loaded.raw.shape == (count, 8, 32, 32, 3)
        assert loaded.raw.dtype == np.uint8
        assert loaded.info.role == role
        assert loaded.info.synthetic is False
        assert tuple(c.name for c in loaded.info.clips) == loaded.names
        assert all((c.width, c.height) == (64, 48) for c in loaded.info.clips)
    assert calibration.names == ("a.mp4#0", "b.avi#0", "d.mov#0", "e#0")
    assert verification.names == ("c.mkv#0", "c.mkv#1", "c.mkv#2")
    assert [s.name for s in calibration.info.skipped] == ["bad.mp4", "cut.mp4"]
    assert all(s.reason.startswith("it cannot be opened: ") for s in calibration.info.skipped)
    assert verification.info.skipped == ()
    assert calibration.info.clips[0].frames == centre_indices(40, 8)


def test_the_right_frames_land_in_the_right_places(folder: Path, request_clips: Make) -> None:
    for loaded in load_clips(request_clips(folder)):
        for clip, raw in zip(loaded.info.clips, loaded.raw, strict=True):
            brightness = raw.mean((1, 2, 3))
            assert np.abs(brightness - (16 + 4 * np.array(clip.frames))).max() < 3
        np.testing.assert_array_equal(loaded.array, loaded.raw.transpose(0, 4, 1, 2, 3).astype(np.float32))


def test_normalisation_reaches_the_array(folder: Path, request_clips: Make) -> None:
    video = VideoProfile(resize=40, color="RGB", mean=(1, 2, 3), scale=0.25)
    calibration, _ = load_clips(request_clips(folder, video=video))
    for channel in range(3):
        expected = (calibration.raw[..., channel].astype(np.float32) - (channel + 1)) * 0.25
        np.testing.assert_array_equal(calibration.array[:, channel], expected)


def test_colour_order(tmp_path: Path, request_clips: Make) -> None:
    red = np.zeros((48, 64, 3), np.uint8)
    red[..., 0] = 200
    for name in ("a", "b"):
        save_images(tmp_path / "v" / name, [red] * 4)
    for color, hot in (("RGB", 0), ("BGR", 2)):
        calibration, _ = load_clips(request_clips(tmp_path / "v", video=VideoProfile(resize=40, color=color)))
        assert (calibration.raw[..., hot] == 200).all()
        assert calibration.raw.sum(dtype=int) == calibration.raw[..., hot].sum(dtype=int)


def test_same_request_same_arrays_and_the_seed_changes_further_clips(folder: Path, request_clips: Make) -> None:
    many = ClipsProfile(clips=8)
    first = load_clips(request_clips(folder, calibration=many))[0]
    again = load_clips(request_clips(folder, calibration=many))[0]
    other = load_clips(request_clips(folder, calibration=many, seed=1))[0]
    np.testing.assert_array_equal(first.array, again.array)
    assert first.info == again.info
    assert other.info.clips[:4] == first.info.clips[:4]
    assert other.info.clips[4:] != first.info.clips[4:]


def test_one_video_gives_many_different_clips(tmp_path: Path, request_clips: Make) -> None:
    rng = np.random.default_rng(0)
    (tmp_path / "v").mkdir()
    save_video(tmp_path / "v" / "only.mp4", [rng.integers(0, 255, (48, 64, 3), np.uint8) for _ in range(40)])
    calibration, verification = load_clips(request_clips(tmp_path / "v", calibration=ClipsProfile(clips=6)))
    assert calibration.names == tuple(f"only.mp4#{i}" for i in range(6))
    assert len({clip.tobytes() for clip in calibration.raw}) == 6
    assert {f for c in calibration.info.clips for f in c.frames} <= set(range(30))
    assert {f for c in verification.info.clips for f in c.frames} <= set(range(30, 40))
    assert "one video" in calibration.info.origin
    assert "one video" in verification.info.origin


def test_videos_shorter_than_a_clip_repeat_frames(tmp_path: Path, request_clips: Make) -> None:
    for name in ("a", "b"):
        save_images(tmp_path / "v" / name, flat_pictures(3))
    calibration, _ = load_clips(request_clips(tmp_path / "v"))
    assert calibration.info.clips[0].frames == (0, 0, 0, 1, 1, 2, 2, 2)
    np.testing.assert_array_equal(calibration.raw[0].mean((1, 2, 3)), [16, 16, 16, 20, 20, 24, 24, 24])


def test_an_own_verification_folder_is_used(folder: Path, tmp_path: Path, request_clips: Make) -> None:
    other = tmp_path / "other"
    other.mkdir()
    save_video(other / "z.mp4", flat_pictures(20))
    (other / "broken.mkv").write_bytes(b"")
    calibration, verification = load_clips(request_clips(folder, other))
    assert verification.names == ("z.mp4#0", "z.mp4#1", "z.mp4#2")
    assert verification.info.origin == "other"
    assert [s.name for s in verification.info.skipped] == ["broken.mkv"]
    assert calibration.names == ("a.mp4#0", "b.avi#0", "c.mkv#0", "d.mov#0")


def test_a_video_in_both_folders_only_verifies(folder: Path, tmp_path: Path, request_clips: Make) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "link.mp4").symlink_to(folder / "a.mp4")
    calibration, verification = load_clips(request_clips(folder, other))
    assert verification.names[0] == "link.mp4#0"
    assert "a.mp4#0" not in calibration.names
    assert ("a.mp4", "it is also a verification video") in [(s.name, s.reason) for s in calibration.info.skipped]
    same = load_clips(request_clips(folder, folder))
    assert not {n.split("#")[0] for n in same[0].names} & {n.split("#")[0] for n in same[1].names}


def test_min_videos_counts_the_whole_folder(folder: Path, request_clips: Make) -> None:
    load_clips(request_clips(folder, calibration=ClipsProfile(clips=1, min_videos=5)))
    with pytest.raises(UsageError, match="has 5 usable videos, but at least 6 are needed") as caught:
        load_clips(request_clips(folder, verification=ClipsProfile(clips=1, min_videos=6)))
    assert [r.split(":")[0] for r in caught.value.reasons] == ["skipped bad.mp4", "skipped cut.mp4"]


def test_a_video_that_vanishes_between_the_passes_is_a_clear_error(
    folder: Path, request_clips: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = clips.read_frames

    def vanish(source, wanted):
        if source.name == "b.avi":
            source.path.unlink()
        return original(source, wanted)

    monkeypatch.setattr(clips, "read_frames", vanish)
    with pytest.raises(UsageError, match=r"'b.avi' could be decoded once.*No such file"):
        load_clips(request_clips(folder))


@pytest.mark.parametrize("change", [{"frames": 0}, {"height": 0}, {"width": -1}, {"seed": -1}])
def test_impossible_requests_are_refused(request_clips: Make, change: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        request_clips(**change)


def test_without_folders_clips_are_synthetic_and_repeatable(tmp_path: Path, request_clips: Make) -> None:
    eight = {"calibration": ClipsProfile(), "verification": ClipsProfile()}
    first = load_clips(request_clips(**eight))
    again = load_clips(request_clips(**eight, scratch=tmp_path / "elsewhere"))
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.array, two.array)
        assert one.info == two.info
        assert one.info.synthetic
        assert one.info.origin == "synthetic moving shapes (seed 0)"
        assert len({name.split("#")[0] for name in one.names}) == 8
    assert not set(first[0].names) & set(first[1].names)
    everything = np.concatenate([first[0].raw, first[1].raw])
    assert len({clip.tobytes() for clip in everything}) == 16
    for clip in everything:
        assert np.abs(clip.astype(int) - clip[::-1]).mean() > 1, "a clip must differ from itself played backwards"


def test_synthetic_calibration_beside_real_verification(folder: Path, request_clips: Make) -> None:
    calibration, verification = load_clips(request_clips(None, folder))
    assert calibration.info.synthetic
    assert not verification.info.synthetic
    assert verification.names == ("a.mp4#0", "b.avi#0", "c.mkv#0")
