"""run.py feeds a network exactly what it was calibrated with, from the manifest alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeconv import video
from edgeconv.core.layout import Array
from edgeconv.core.report import InputInfo
from edgeconv.profiles import ClipsProfile, VideoProfile
from edgeconv.runner import run
from edgeconv.runtimes import Feed
from edgeconv.runtimes.tflite import quantize_input


def _meaning(info: InputInfo, profile: VideoProfile, clip_frames: int, calibration: Any) -> dict[str, Any]:
    values = video.pixel_values(info, profile, calibration)
    assert values is not None
    height, width = video.axis_size(info, "H"), video.axis_size(info, "W")
    return {
        "name": info.name,
        "source_shape": list(info.shape),
        "source_layout": info.layout,
        "pixels": {
            "frames": video.axis_size(info, "T"),
            "clip_frames": clip_frames,
            "color": values.color,
            "mean": list(values.mean),
            "pixel_scale": values.scale,
            "resize_shorter_side": video.shorter_side(height, width, profile.resize),
            "crop": [height, width],
        },
    }


def test_golden_inputs_come_out_of_their_videos(bundle: Path, videos: Path) -> None:
    made = run.Bundle(bundle)
    for vector in made.manifest["golden"]:
        source = videos / vector["clip"].partition("#")[0]
        dtype = np.dtype(made.inputs[0]["dtype"])
        fed = run.arranged(run.read_values(source, made)[0], made.inputs[0], dtype)
        assert fed.dtype == dtype
        np.testing.assert_array_equal(fed, np.load(bundle / vector["inputs"][0]))


@pytest.mark.parametrize("color", ["BGR", "RGB"])
def test_values_of_every_layout_and_pathway(color: Any, videos: Path, tmp_path: Path) -> None:
    """Axes in any order, an image without time, fewer frames for a slow pathway, grey."""
    inputs = (
        InputInfo(name="fast", shape=(1, 3, 8, 40, 48), layout="NCTHW"),
        InputInfo(name="slow", shape=(1, 3, 40, 48, 3), layout="NTHWC"),
        InputInfo(name="grey", shape=(8, 1, 36, 28), layout="TCHW"),
        InputInfo(name="still", shape=(28, 3, 36), layout="WCH"),
    )
    profile = VideoProfile(color=color, mean=(104.0, 117.0, 123.5), scale=1 / 57.0)
    few = ClipsProfile(clips=3)
    samples, _ = video.load_samples(video.SampleRequest(inputs, videos, videos, profile, few, few, 0, tmp_path))
    meanings = [_meaning(info, profile, 8, samples.info) for info in inputs]
    bundle: Any = type("Bundle", (), {"inputs": meanings})
    first = samples.names.index(next(n for n in samples.names if n.endswith("#0")))
    source = videos / samples.names[first].partition("#")[0]
    for info, got, array in zip(inputs, run.read_values(source, bundle), samples.arrays, strict=True):
        assert got.shape == info.shape
        if info.name == "grey":  # the mean of grey is rounded in the manifest
            np.testing.assert_allclose(got, array[first], atol=1e-5)
        else:
            np.testing.assert_array_equal(got, array[first])


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.float32])
@pytest.mark.parametrize(
    ("perm", "shape", "frames", "gap"),
    [
        ((0, 2, 3, 4, 1), (10, 7, 6, 3), 1, 0),
        ((0, 2, 3, 4, 1), (1, 10 * 9, 6, 3), 10, 2 * 6 * 3),
        ((1, 0, 2, 4, 3), (3, 10, 6, 7), 1, 0),
    ],
)
def test_values_are_laid_out_and_quantized_as_at_export(
    dtype: Any, perm: tuple[int, ...], shape: tuple[int, ...], frames: int, gap: int
) -> None:
    values = np.random.default_rng(0).normal(0, 2, (2, 3, 5, 7, 6)).astype(np.float32)
    scale, zero = float(np.float32(0.0317)), -11 if dtype == np.int8 else 117
    meaning = {"perm": perm, "shape": shape, "frames": frames, "gap": gap, "scale": scale, "zero_point": zero}
    feed = Feed(clips=Path("clips.npy"), perm=perm, physical=shape, frames=frames, tail=gap)
    expected = quantize_input(feed.arrange(values), {"dtype": dtype, "quantization": (scale, zero)})
    got = run.arranged(values, meaning, np.dtype(dtype))
    assert got.dtype == dtype
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("size", [(57, 46), (341, 256), (90, 200)])
@pytest.mark.parametrize("color", ["RGB", "BGR"])
def test_numpy_scales_nearly_as_ffmpeg_does(size: tuple[int, int], color: str, videos: Path) -> None:
    """For OpenCV and .npy, where FFmpeg is not at hand."""
    picture = next(run.decode(str(next(videos.glob("*.mp4")))))
    assert isinstance(picture, run.FfmpegPicture)
    near = run.Picture(picture.scaled(*picture.size, "RGB")).scaled(*size, color)
    exact = picture.scaled(*size, color)
    assert exact.shape == near.shape == (size[1], size[0], 3)
    apart = np.abs(exact.astype(int) - near)
    assert apart.mean() < 0.5
    assert np.percentile(apart, 99) <= 2


def test_triangles_average_all_they_cover() -> None:
    row: Array = np.arange(12.0)
    np.testing.assert_allclose(run.triangles(12, 12) @ row, row)
    np.testing.assert_allclose(run.triangles(12, 4).sum(1), 1, rtol=1e-6)
    np.testing.assert_allclose((run.triangles(12, 4) @ row)[1:-1], [4, 7], rtol=1e-6)
    assert (run.triangles(12, 4) > 0).sum(0).min() > 0, "every pixel counts"


@pytest.mark.parametrize("turn", [0, 1, 2, 3])
def test_turned_pictures_are_scaled_upright(turn: int) -> None:
    import av

    rows, columns = np.mgrid[0:36, 0:64]
    pixels = np.stack([4 * rows, 3 * columns, rows + 2 * columns], -1).astype(np.uint8)
    frame: Any = type("Frame", (), {})()
    plain = av.VideoFrame.from_ndarray(pixels, format="rgb24")
    frame.width, frame.height, frame.rotation, frame.reformat = 64, 36, 90 * turn, plain.reformat
    upright = run.FfmpegPicture(frame)
    assert upright.size == ((36, 64) if turn % 2 else (64, 36))
    width, height = (s // 2 for s in upright.size)
    expected = run.Picture(np.rot90(pixels, turn)).scaled(width, height, "RGB")
    assert np.abs(upright.scaled(width, height, "RGB").astype(int) - expected)[2:-2, 2:-2].max() <= 3
