"""Clips as a network sees them: the same as edgeconv feeds, and what chance does to them in training."""

from pathlib import Path

import av
import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader
from video_samples import set_display_matrix

from edgeconv.profiles import VideoProfile
from edgeconv.video import preprocess, sample
from edgeconv.video.decode import read_frames
from edgeconv.video.sources import VideoSource
from edgeconv_models.data.dataset import ClipDataset, check_clips
from edgeconv_models.data.errors import DataError
from edgeconv_models.data.listing import read_listing
from edgeconv_models.data.moving_shapes import clip_pictures, encode
from edgeconv_models.data.reading import Augmentation, Preprocessing, read_clip


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """13 frames of 96x54, a bar that grows."""
    path = tmp_path / "Bar" / "bar.mp4"
    path.parent.mkdir()
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 96, 54, "yuv420p"
        for number in range(13):
            picture = np.full((54, 96, 3), (40, 90, 200), np.uint8)
            picture[:, : 7 * number] = (250, 10 * number, 30)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize(("frames", "size", "resize"), [(4, 32, 256), (16, 48, 60), (5, 112, 128)])
@pytest.mark.parametrize("color", ["BGR", "RGB"])
def test_a_clip_is_what_edgeconv_feeds(video: Path, frames: int, size: int, resize: int, color: str) -> None:
    profile = VideoProfile(resize=resize, color=color)  # type: ignore[arg-type]
    plan = sample.plan_clip("bar", 0, start=0, stop=13, segments=frames, seed=0)
    source = VideoSource("bar", video)
    pictures = {
        index: preprocess.crop(
            preprocess.frame_pixels(picture, height=size, width=size, video=profile),
            height=size, width=size, x=plan.crop_x, y=plan.crop_y,
        )
        for index, picture in read_frames(source, frozenset(plan.frames))
    }  # fmt: skip
    expected = np.stack([pictures[index] for index in plan.frames])
    form = Preprocessing(frames, size, resize, color)
    clip = read_clip(video, form)
    assert np.array_equal(clip, expected)
    normalised = np.empty((3, *clip.shape[:3]), np.float32)
    preprocess.normalise(expected, profile, normalised)
    assert np.array_equal(form.normalise(clip), normalised)


@pytest.mark.parametrize("matrix", [(0, 1, -1, 0), (-1, 0, 0, -1), (0, -1, 1, 0)])
def test_what_a_phone_has_turned_is_upright(video: Path, matrix: tuple[int, int, int, int]) -> None:
    set_display_matrix(video, *matrix)
    source, profile = VideoSource("bar", video), VideoProfile()
    expected = [
        preprocess.crop(
            preprocess.frame_pixels(p, height=48, width=48, video=profile), height=48, width=48, x=0.5, y=0.5
        )
        for _, p in read_frames(source, frozenset(sample.centre_indices(13, 5)))
    ]
    assert np.array_equal(read_clip(video, Preprocessing(5, 48)), np.stack(expected))


def test_the_defaults_are_those_of_the_profiles() -> None:
    profile, form = VideoProfile(), Preprocessing()
    assert (profile.resize, profile.color, tuple(profile.mean), profile.scale) == (
        form.resize, form.color, form.mean, form.scale,
    )  # fmt: skip


def test_chance_takes_one_frame_of_every_segment(video: Path) -> None:
    form, bar = Preprocessing(4, 32), []
    for seed in range(40):
        clip = read_clip(video, form, Augmentation(zoom=1, light=0), np.random.default_rng(seed))
        bar.append((clip[:, 16, :, 2] > 200).sum(1))
    widths = np.array(bar)
    assert (np.diff(widths, axis=1) >= 0).all()  # in order
    assert all(len(set(column)) > 3 for column in widths.T[1:])


def test_mirror_zoom_and_light(video: Path) -> None:
    form, rng = Preprocessing(4, 32), np.random.default_rng
    plain = Augmentation(zoom=1, light=0)
    sides = [read_clip(video, form, Augmentation(1, True, 0), rng(s))[3, 16, (0, -1), 2] > 150 for s in range(20)]
    assert {True, False} == {bool(left) for left, _ in sides}
    bright = [read_clip(video, form, Augmentation(1, False, 0.3), rng(s)).mean() for s in range(9)]
    assert np.std(bright) > 5 * np.std([read_clip(video, form, plain, rng(s)).mean() for s in range(9)])
    assert read_clip(video, form, Augmentation(zoom=3), rng(1)).shape == (4, 32, 32, 3)
    assert np.array_equal(*(read_clip(video, form, Augmentation(), rng(7)) for _ in range(2)))


def test_a_set_is_the_same_in_any_order_and_with_workers(tmp_path: Path) -> None:
    for name in ("up", "down"):
        (tmp_path / name).mkdir()
        encode(tmp_path / name / "0.avi", clip_pictures(0, "train", name, 0))
    listing = read_listing(tmp_path)
    data = ClipDataset(listing, Preprocessing(4, 32), Augmentation(), seed=5)
    data.epoch = 2
    backwards = [data[index] for index in (1, 0)][::-1]
    loaded = list(DataLoader(data, 1, num_workers=1))
    for (clip, label), (batch, labels) in zip(backwards, loaded, strict=True):
        assert clip.shape == (3, 4, 32, 32)
        assert torch.equal(clip, batch[0])
        assert label == labels[0]
    data.epoch = 3
    assert not torch.equal(data[0][0], backwards[0][0])


def test_bad_clips_are_all_named(tmp_path: Path, video: Path) -> None:
    folder = video.parent
    (folder / "empty.mp4").touch()
    (folder / "text.avi").write_text("no video")
    (folder / "cut.mp4").write_bytes(video.read_bytes()[:2000])
    with pytest.raises(DataError) as caught:
        check_clips(read_listing(tmp_path))
    said = str(caught.value)
    assert said.startswith("3 of 4 videos cannot be used")
    assert all(name in said for name in ("empty.mp4", "text.avi", "cut.mp4"))
    with pytest.raises(DataError, match=r"text\.avi' breaks at frame 0"):
        read_clip(folder / "text.avi", Preprocessing())
