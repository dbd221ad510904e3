from __future__ import annotations

import subprocess
import sys
import weakref
from pathlib import Path

import av
import numpy as np
import pytest
from video_samples import flat_pictures, save_images, save_video, set_display_matrix

from edgeconv.profiles import VideoProfile
from edgeconv.video import decode
from edgeconv.video.decode import VideoError, VideoInfo, inspect_video, iterate_pictures, orientation, read_frames
from edgeconv.video.preprocess import frame_pixels
from edgeconv.video.sources import VideoSource, find_sources

RGB = VideoProfile(resize=48, color="RGB")
CORNERS = np.array([[[220, 40, 40], [40, 200, 40]], [[40, 40, 220], [220, 220, 220]]], np.uint8)
"""Red, green / blue, white."""


def source(path: Path) -> VideoSource:
    return VideoSource(path.name, path)


def corner_colours(pixels: np.ndarray) -> np.ndarray:
    """The four quadrants' centres as an int (2, 2, 3) picture."""
    h, w = pixels.shape[:2]
    return pixels[h // 4 :: h // 2, w // 4 :: w // 2][:2, :2].astype(int)


@pytest.mark.parametrize("name", ["a.mp4", "a.avi", "a.mkv", "a.mov", "a.webm", "a.m4v", "LOUD.MP4", "a%03d:b.mp4"])
def test_every_container_gives_all_frames_in_order(tmp_path: Path, name: str) -> None:
    path = save_video(tmp_path / name, flat_pictures(20))
    assert inspect_video(source(path)) == VideoInfo(frames=20, width=64, height=48)
    got = {i: frame_pixels(f, height=48, width=48, video=RGB).mean() for i, f in read_frames(source(path), {3, 11, 19})}
    assert list(got) == [3, 11, 19]
    assert all(abs(mean - (16 + 4 * i)) < 3 for i, mean in got.items())


def test_the_containers_frame_count_is_not_trusted(tmp_path: Path) -> None:
    path = save_video(tmp_path / "a.avi", flat_pictures(20))
    data = bytearray(path.read_bytes())
    for tag, offset in ((b"avih", 4 + 4 + 16), (b"strh", 4 + 4 + 32)):
        at = data.index(tag) + offset
        assert data[at : at + 4] == (20).to_bytes(4, "little")
        data[at : at + 4] = (999).to_bytes(4, "little")
    path.write_bytes(data)
    assert inspect_video(source(path)).frames == 20


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ((1, 0, 0, 1), CORNERS),
        ((0, 1, -1, 0), np.rot90(CORNERS, -1)),  # a phone held upright: turn a quarter clockwise
        ((-1, 0, 0, -1), np.rot90(CORNERS, 2)),
        ((0, -1, 1, 0), np.rot90(CORNERS, 1)),
        ((-1, 0, 0, 1), CORNERS[:, ::-1]),
        ((0, 1, 1, 0), CORNERS.transpose(1, 0, 2)),
    ],
)
def test_rotation_tags_turn_every_frame_upright(tmp_path: Path, matrix: tuple[int, ...], expected: np.ndarray) -> None:
    picture = CORNERS.repeat(48, 0).repeat(64, 1)
    path = set_display_matrix(save_video(tmp_path / "phone.mov", [picture] * 5), *matrix)
    info = inspect_video(source(path))
    assert (info.width, info.height) == ((96, 128) if matrix[0] == 0 else (128, 96))
    pictures = list(iterate_pictures(source(path)))
    assert len(pictures) == 5
    for upright in pictures:
        pixels = frame_pixels(upright, height=32, width=32, video=RGB)
        assert pixels.shape == ((64, 48, 3) if matrix[0] == 0 else (48, 64, 3))
        assert np.abs(corner_colours(pixels) - expected).max() < 25


@pytest.mark.skipif(not hasattr(av.video.stream.VideoStream, "set_display_rotation"), reason="needs a newer PyAV")
def test_rotation_agrees_with_pyavs_own_reading(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=24)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 128, 96, "yuv420p", 3_000_000
        stream.set_display_rotation(90)
        frame = av.VideoFrame.from_ndarray(CORNERS.repeat(48, 0).repeat(64, 1), format="rgb24")
        container.mux(stream.encode(frame.reformat(format="yuv420p")))
        container.mux(stream.encode())
    (picture,) = iterate_pictures(source(path))
    assert picture.frame.rotation == 90
    pixels = frame_pixels(picture, height=32, width=32, video=RGB)
    assert np.abs(corner_colours(pixels) - np.rot90(CORNERS, 1)).max() < 25


@pytest.mark.parametrize("angle", [0, 90, 180, -90, 89])
def test_the_angle_alone_is_enough(angle: int) -> None:
    class Tagged:
        rotation = angle

        @property
        def side_data(self):
            raise ValueError("48 is not a valid Type")

    np.testing.assert_array_equal(orientation(Tagged()).apply(CORNERS), np.rot90(CORNERS, round(angle / 90)))


def test_jpeg_orientation_is_honoured(tmp_path: Path) -> None:
    save_images(tmp_path / "seq", [CORNERS.repeat(48, 0).repeat(64, 1)] * 2, "{}.jpg")
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"  # 6: turn clockwise
    for path in (tmp_path / "seq").iterdir():
        data = path.read_bytes()
        path.write_bytes(data[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + data[2:])
    (found,) = find_sources(tmp_path).sources
    assert (inspect_video(found).width, inspect_video(found).height) == (96, 128)
    for picture in iterate_pictures(found):
        pixels = frame_pixels(picture, height=32, width=32, video=RGB)
        assert np.abs(corner_colours(pixels) - np.rot90(CORNERS, -1)).max() < 25


@pytest.mark.parametrize("extension", ["png", "bmp", "jpg", "jpeg"])
def test_image_folders_are_read_in_natural_order(tmp_path: Path, extension: str) -> None:
    save_images(tmp_path / "seq", flat_pictures(12), "img {}%d." + extension)
    (found,) = find_sources(tmp_path).sources
    assert inspect_video(found) == VideoInfo(frames=12, width=64, height=48)
    means = [frame_pixels(f, height=48, width=48, video=RGB).mean() for f in iterate_pictures(found)]
    assert np.abs(np.array(means) - (16 + 4 * np.arange(12))).max() < 3


def test_a_broken_image_breaks_its_video(tmp_path: Path) -> None:
    folder = save_images(tmp_path / "seq", flat_pictures(3))
    (folder / "frame2.png").write_bytes(b"not a picture")
    (found,) = find_sources(tmp_path).sources
    with pytest.raises(VideoError, match=r"^image 'frame2.png' cannot be decoded: \S"):
        inspect_video(found)


def noise(count: int) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 255, (48, 64, 3), np.uint8) for _ in range(count)]


@pytest.mark.parametrize(
    ("name", "damage", "reason"),
    [
        ("cut.mp4", lambda data: data[: len(data) // 2], "it cannot be opened: "),
        ("garbage.mp4", lambda data: bytes(range(256)) * 40, "it cannot be opened: "),  # noqa: ARG005
        ("empty.mkv", lambda data: b"", "it cannot be opened: "),  # noqa: ARG005
        ("text.avi", lambda data: b"#EXTM3U\nhttp://localhost/a.ts\n" * 20, "it cannot be opened: "),  # noqa: ARG005
        (
            "hole.avi",
            lambda data: data[: len(data) // 2] + bytes(len(data) // 4) + data[len(data) * 3 // 4 :],
            "decoding breaks at frame ",
        ),
    ],
)
def test_broken_files_are_refused_with_one_line(tmp_path: Path, name: str, damage, reason: str) -> None:
    path = save_video(tmp_path / name, noise(20))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(VideoError) as caught:
        inspect_video(source(path))
    text = str(caught.value)
    assert text.startswith(reason)
    assert len(text) > len(reason)
    assert "\n" not in text
    assert str(tmp_path) not in text


def test_missing_files_and_files_without_pictures_are_refused(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="it cannot be opened: No such file"):
        inspect_video(source(tmp_path / "gone.mp4"))
    with av.open(str(tmp_path / "sound.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with pytest.raises(VideoError, match="it has no video stream"):
        inspect_video(source(tmp_path / "sound.mp4"))


def test_a_video_that_ends_too_early_is_an_error(tmp_path: Path) -> None:
    path = save_video(tmp_path / "a.mp4", flat_pictures(5))
    with pytest.raises(VideoError, match="it ends before frame 7"):
        list(read_frames(source(path), frozenset({1, 7})))


class FakeFrame:
    """Stands for a decoded frame; can be counted while alive."""

    width, height, rotation = 64, 48, 0


def test_frames_are_let_go_and_decoding_stops_after_the_last_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    alive: weakref.WeakSet[FakeFrame] = weakref.WeakSet()
    made, most = 0, 0

    def frames(path: Path):  # noqa: ARG001
        nonlocal made, most
        for _ in range(2000):
            frame = FakeFrame()
            alive.add(frame)
            made += 1
            most = max(most, len(alive))
            yield frame

    monkeypatch.setattr(decode, "_file_frames", frames)
    fake = VideoSource("long.mp4", Path("long.mp4"))
    assert inspect_video(fake).frames == 2000
    made = 0
    assert [i for i, _ in read_frames(fake, frozenset({5, 900}))] == [5, 900]
    assert made == 901
    assert most <= 3


def test_ffmpeg_prints_nothing_and_the_import_is_cheap(tmp_path: Path) -> None:
    path = save_video(tmp_path / "hole.avi", noise(20))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2] + bytes(len(data) // 4) + data[len(data) * 3 // 4 :])
    code = f"""
import sys
import edgeconv.video
assert "av" not in sys.modules and "torch" not in sys.modules
import av
av.logging.restore_default_callback()
from pathlib import Path
from edgeconv.video.decode import VideoError, inspect_video
from edgeconv.video.sources import VideoSource
try:
    inspect_video(VideoSource("hole.avi", Path({str(path)!r})))
except VideoError:
    print("broken")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "broken\n"
    assert done.stderr == ""
