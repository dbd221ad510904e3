"""Inputs of every shape are filled from the same clips, or from ready samples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from video_samples import save_video

from edgeconv.core.errors import UsageError
from edgeconv.core.report import ClipSet, InputInfo
from edgeconv.profiles import ClipsProfile, VideoProfile
from edgeconv.video import SampleRequest, Samples, frame_choice, load_samples, pixel_values
from edgeconv.video.channels import mixing

VIDEO = VideoProfile(resize=40, mean=(10.0, 20.0, 30.0), scale=0.5)


def info(shape: tuple[int, ...], layout: str = "NCTHW", name: str = "clip", **more: Any) -> InputInfo:
    return InputInfo(name=name, shape=shape, layout=layout, **more)


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three short videos of a moving ramp in three colours, whose brightness changes from frame to frame."""
    folder = tmp_path_factory.mktemp("inputs") / "videos"
    folder.mkdir()
    for number in range(3):
        ramp = np.linspace(40, 250, 80)[None, :, None] * np.array([1, 0.3 + 0.2 * number, 0.6])
        picture = ramp.repeat(48, 0).astype(np.uint8)
        save_video(folder / f"v{number}.mp4", (np.roll(picture, 3 * t, 1) // (1 + t % 3) for t in range(12)))
    return folder


def load(folder: Path, *inputs: InputInfo, clips: int = 2, **more: Any) -> tuple[Samples, Samples]:
    """The folder of videos, or one for synthetic ones."""
    real = folder if folder.name == "videos" else None
    given: dict[str, Any] = {"calibration_dir": real, "verification_dir": None, "seed": 0}
    return load_samples(
        SampleRequest(
            inputs=inputs,
            video=VIDEO,
            calibration=ClipsProfile(clips=clips),
            verification=ClipsProfile(clips=clips),
            scratch=folder.parent / "scratch",
            **{**given, **more},
        )
    )


def test_the_axes_stand_as_the_layout_says(videos: Path) -> None:
    whole = load(videos, info((1, 3, 4, 16, 12)))[0].arrays[0]
    assert whole.shape == (2, 1, 3, 4, 16, 12)
    for layout, shape, axes in (
        ("NTHWC", (1, 4, 16, 12, 3), (0, 1, 3, 4, 5, 2)),
        ("CTHW", (3, 4, 16, 12), (0, 2, 3, 4, 5)),
    ):
        other = load(videos, info(shape, layout))[0].arrays[0]
        expected = whole.transpose(axes) if len(shape) == 5 else whole[:, 0]
        np.testing.assert_array_equal(other, expected)


def test_a_picture_is_a_clip_of_one_frame(videos: Path) -> None:
    assert load(videos, info((1, 3, 16, 12), "NCHW"))[0].arrays[0].shape == (2, 1, 3, 16, 12)


def test_the_slow_path_sees_evenly_spaced_frames_of_the_fast_one(videos: Path) -> None:
    inputs = info((1, 3, 3, 16, 12), name="slow"), info((1, 3, 8, 16, 12), name="fast")
    for samples in load(videos, *inputs):
        slow, fast = samples.arrays
        np.testing.assert_array_equal(slow, fast[:, :, :, [0, 3, 7]])
        assert np.ptp(fast, axis=3).max() > 0, "frames that are all alike prove nothing"


@pytest.mark.parametrize(
    ("frames", "wanted", "expected"),
    [(8, 2, [0, 7]), (9, 5, [0, 2, 4, 6, 8]), (32, 8, [0, 4, 8, 13, 17, 22, 26, 31]), (5, 5, [0, 1, 2, 3, 4])],
)
def test_frames_are_chosen_as_pytorchvideo_does(frames: int, wanted: int, expected: list[int]) -> None:
    """linspace(0, frames - 1, wanted).long(), worked out by hand."""
    assert frame_choice(frames, wanted) == expected


def test_inputs_of_other_sizes_see_the_same_moments(videos: Path) -> None:
    inputs = info((1, 3, 4, 16, 16), name="small"), info((1, 3, 4, 20, 20), name="large")
    samples, _ = load(videos, *inputs)
    small, large = (a.mean((2, 4, 5)) for a in samples.arrays)  # [clips, 1, frames]
    assert [a.shape[-2:] for a in samples.arrays] == [(16, 16), (20, 20)]
    assert np.corrcoef(small.ravel(), large.ravel())[0, 1] > 0.95


def test_a_batch_takes_several_clips_per_sample(videos: Path) -> None:
    one = load(videos, info((1, 3, 4, 16, 12)), clips=6)[0]
    three = load(videos, info((3, 3, 4, 16, 12)), clips=2)[0]
    np.testing.assert_array_equal(three.arrays[0], one.arrays[0][:, 0].reshape(2, 3, 3, 4, 16, 12))
    assert three.names == (" + ".join(one.names[:3]), " + ".join(one.names[3:]))
    assert (len(three.info.clips), three.info.per_sample) == (6, 3)


def test_one_channel_is_grey(videos: Path) -> None:
    colour = load(videos, info((1, 3, 4, 16, 12)))[0].arrays[0]
    grey = load(videos, info((1, 1, 4, 16, 12)))[0].arrays[0]
    expected = 0.114 * colour[:, :, :1] + 0.587 * colour[:, :, 1:2] + 0.299 * colour[:, :, 2:]  # BGR
    np.testing.assert_allclose(grey, expected, rtol=1e-5, atol=1e-4)


def test_any_other_number_of_channels_is_a_seeded_mixture_of_synthetic_clips(tmp_path: Path) -> None:
    samples, _ = load(tmp_path, info((1, 5, 4, 16, 12)), clips=1)
    assert samples.arrays[0].shape == (1, 1, 5, 4, 16, 12)
    assert samples.info.origin == "synthetic moving shapes (seed 0), mixed to 5 channels"
    again = mixing(5, VIDEO, 0, synthetic=True)
    assert again is not None
    np.testing.assert_allclose(np.abs(again).sum(1), 1, rtol=1e-6)
    assert not np.array_equal(again, mixing(5, VIDEO, 1, synthetic=True))
    with pytest.raises(UsageError, match="5 channels, which videos do not have") as caught:
        mixing(5, VIDEO, 0, synthetic=False)
    assert ".npz" in (caught.value.hint or "")


def test_what_videos_cannot_fill_is_told_input_by_input(tmp_path: Path) -> None:
    inputs = (
        info((1, 3, 4, 16, 12)),
        info((1, 7), "", "meta"),
        info((1, 7), "NC", "more"),
        info((1, 3, 4, 16, 12), name="ids", dtype="int64"),
    )
    with pytest.raises(UsageError, match="cannot be filled from videos") as caught:
        load(tmp_path, *inputs)
    assert caught.value.reasons == (
        "input 'meta' [1, 7] does not name its axes: no channels, height and width",
        "input 'more' [1, 7] has the axes NC: no channels, height and width",
        "input 'ids' takes int64, not float32",
    )


def saved(folder: Path, count: int) -> Path:
    folder.mkdir()
    for i in range(count):
        np.savez(folder / f"s{i}.npz", a=np.full((1, 2), i, np.float32), b=np.full((3,), -i, np.float32))
    return folder


A, B = info((1, 2), "", "a"), info((3,), "", "b")


def test_a_quarter_of_the_ready_samples_is_held_out(tmp_path: Path) -> None:
    calibration, verification = load(tmp_path, A, B, clips=8, calibration_dir=saved(tmp_path / "npz", 8))
    assert verification.names == ("s2.npz", "s6.npz")
    assert calibration.names == tuple(f"s{i}.npz" for i in (0, 1, 3, 4, 5, 7))
    assert list(calibration.arrays[0][:, 0, 1]) == [0, 1, 3, 4, 5, 7]
    assert list(calibration.arrays[1][:, 2]) == [0, -1, -3, -4, -5, -7]
    assert (calibration.info.ready, calibration.info.synthetic, calibration.info.origin) == (True, False, "npz")
    assert verification.info.origin == "npz (held out)"


def test_a_folder_for_each(tmp_path: Path) -> None:
    folders = {
        "calibration_dir": saved(tmp_path / "first", 5),
        "verification_dir": saved(tmp_path / "second", 1),
    }
    calibration, verification = load(tmp_path, A, B, clips=3, **folders)
    assert (calibration.names, verification.names) == (("s0.npz", "s2.npz", "s4.npz"), ("s0.npz",))
    assert verification.info.origin == "second"


def test_one_ready_sample_cannot_be_shared(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing is left to verify with"):
        load(tmp_path, A, B, calibration_dir=saved(tmp_path / "npz", 1))


def test_ready_samples_and_videos_do_not_mix(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the other videos"):
        load(tmp_path, A, B, verification_dir=saved(tmp_path / "npz", 2))


def clip_set(ready: bool = False) -> ClipSet:
    return ClipSet(role="calibration", origin="o", synthetic=not ready, clips=(), ready=ready)


def test_what_the_values_mean() -> None:
    colour = pixel_values(info((1, 3, 4, 16, 12)), VIDEO, clip_set())
    assert colour is not None
    assert (colour.color, colour.mean, colour.scale) == ("BGR", (10.0, 20.0, 30.0), 0.5)
    assert colour.range == (-15.0, 122.5)
    grey = pixel_values(info((1, 1, 4, 16, 12)), VIDEO, clip_set())
    assert grey is not None
    assert (grey.color, grey.mean) == ("GREY", (round(0.114 * 10 + 0.587 * 20 + 0.299 * 30, 4),))
    assert pixel_values(info((1, 5, 4, 16, 12)), VIDEO, clip_set()) is None
    assert pixel_values(info((1, 3, 4, 16, 12)), VIDEO, clip_set(ready=True)) is None
