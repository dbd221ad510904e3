from __future__ import annotations

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeconv.profiles import VideoProfile
from edgeconv.video.decode import UPRIGHT, Picture, VideoError
from edgeconv.video.preprocess import crop, frame_pixels, normalise, resized, shorter_side


@pytest.mark.parametrize(
    ("image", "resize", "expected"),
    [
        (224, 256, 256),
        (256, 256, 256),
        (299, 256, 299),  # never shorter than the crop
        (112, 256, 128),  # small models see the same share of the picture
        (64, 256, 73),
        (112, 128, 128),  # a profile made for a small model is taken by its word
        (160, 256, 256),
        (16, 8, 16),
    ],
)
def test_shorter_side(image: int, resize: int, expected: int) -> None:
    assert shorter_side(image, image, resize) == expected


@given(*[st.integers(1, 2000)] * 4, st.integers(1, 600))
def test_the_crop_always_fits(width: int, height: int, crop_width: int, crop_height: int, resize: int) -> None:
    shorter = shorter_side(crop_height, crop_width, resize)
    w, h = resized(width, height, crop_width=crop_width, crop_height=crop_height, shorter=shorter)
    assert w >= crop_width
    assert h >= crop_height
    assert (w - h) * (width - height) >= 0 or crop_width != crop_height


def test_aspect_is_kept() -> None:
    assert resized(340, 256, crop_width=224, crop_height=224, shorter=256) == (340, 256)
    assert resized(320, 240, crop_width=224, crop_height=224, shorter=256) == (341, 256)
    assert resized(1080, 1920, crop_width=224, crop_height=224, shorter=256) == (256, 455)
    assert resized(100, 100, crop_width=400, crop_height=200, shorter=200) == (400, 400)


def test_crop_positions() -> None:
    pixels = np.arange(9 * 12 * 3, dtype=np.uint8).reshape(9, 12, 3)
    np.testing.assert_array_equal(crop(pixels, height=3, width=4, x=0.5, y=0.5), pixels[3:6, 4:8])
    np.testing.assert_array_equal(crop(pixels, height=3, width=4, x=0.0, y=1.0), pixels[6:9, 0:4])
    np.testing.assert_array_equal(crop(pixels, height=9, width=12, x=0.3, y=0.9), pixels)


def test_normalising_is_exact_and_channel_wise() -> None:
    video = VideoProfile(mean=(104, 117, 128), scale=0.5)
    raw = np.random.default_rng(0).integers(0, 256, (2, 4, 5, 3)).astype(np.uint8)
    out = np.empty((3, 2, 4, 5), np.float32)
    normalise(raw, video, out)
    for channel, mean in enumerate(video.mean):
        np.testing.assert_array_equal(out[channel], (raw[..., channel].astype(np.float32) - mean) * 0.5)


def test_defaults_are_ecos() -> None:
    out = np.empty((3, 1, 1, 1), np.float32)
    normalise(np.array([[[[10, 20, 30]]]], np.uint8), VideoProfile(), out)
    assert out.ravel().tolist() == [10 - 104, 20 - 117, 30 - 128]


def test_bgr_is_rgb_backwards() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (48, 64, 3)).astype(np.uint8)
    frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
    rgb = frame_pixels(Picture(frame, UPRIGHT), height=48, width=64, video=VideoProfile(resize=48, color="RGB"))
    bgr = frame_pixels(Picture(frame, UPRIGHT), height=48, width=64, video=VideoProfile(resize=48, color="BGR"))
    np.testing.assert_array_equal(rgb, picture)
    np.testing.assert_array_equal(bgr, picture[..., ::-1])


def test_scaling_down_averages() -> None:
    stripes = np.zeros((128, 128, 3), np.uint8)
    stripes[:, ::2] = 200
    frame = av.VideoFrame.from_ndarray(stripes, format="rgb24")
    small = frame_pixels(Picture(frame, UPRIGHT), height=32, width=32, video=VideoProfile(resize=32))
    assert small.shape == (32, 32, 3)
    assert np.abs(small[:, 2:-2].astype(int) - 100).max() <= 4


def test_a_frame_that_cannot_be_scaled_is_named() -> None:
    frame = av.VideoFrame(2, 60000, "rgb24")
    with pytest.raises(VideoError, match=r"^a frame cannot be scaled to 256×7680000: \S"):
        frame_pixels(Picture(frame, UPRIGHT), height=224, width=224, video=VideoProfile())
