"""From decoded frames to the numbers a model eats: turn upright, resize, crop, normalise."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from edgeconv.profiles import VideoProfile
from edgeconv.video.decode import Picture, Pixels, VideoError, one_line

# FFmpeg's SWS_BILINEAR | SWS_FULL_CHR_H_INT | SWS_ACCURATE_RND | SWS_BITEXACT: the same bytes on every machine.
BILINEAR_EXACT = 0x2 | 0x2000 | 0x40000 | 0x80000

PROFILE_CROP = 224
"""The image size that VideoProfile.resize is meant for."""


def shorter_side(height: int, width: int, resize: int) -> int:
    """Return the length in pixels that a frame's shorter side is resized to, for a model of ``height`` × ``width``.

    It is ``resize``, with two exceptions: a model so small that its crop would show at most half of the side gets
    ``resize`` scaled by size / 224, so that it sees as much of the picture as at 224 (256 becomes 128 for 112, 73 for
    64); and it is never shorter than the crop.
    """
    size = min(height, width)
    if 2 * size <= resize:
        resize = round(resize * size / PROFILE_CROP)
    return max(resize, size)


def resized(width: int, height: int, *, crop_width: int, crop_height: int, shorter: int) -> tuple[int, int]:
    """Return (width, height) after resizing the shorter side to ``shorter``, aspect kept, so that the crop fits."""
    scale = max(shorter / min(width, height), crop_width / width, crop_height / height)
    # The long side is cut to whole pixels, as in ECO's GroupScale; the guard is for a last bit lost in the division.
    return max(int(width * scale + 1e-6), crop_width), max(int(height * scale + 1e-6), crop_height)


def frame_pixels(picture: Picture, *, height: int, width: int, video: VideoProfile) -> Pixels:
    """Return a decoded frame upright and resized, ready for :func:`crop`.

    Args:
        picture: a frame of any pixel format and orientation.
        height: of the model's input, pixels.
        width: of the model's input, pixels.
        video: gives ``resize`` and the colour order.

    Raises:
        VideoError: FFmpeg cannot convert or scale the frame.

    Returns:
        uint8 (h, w, 3), h ≥ height and w ≥ width, in the profile's colour order; 0..255.
    """
    import av

    frame, turn = picture.frame, picture.turn
    upright = turn.size(frame.width, frame.height)
    shorter = shorter_side(height, width, video.resize)
    target = resized(*upright, crop_width=width, crop_height=height, shorter=shorter)
    stored_width, stored_height = turn.size(*target)
    try:
        scaled = frame.reformat(
            width=stored_width,
            height=stored_height,
            format="bgr24" if video.color == "BGR" else "rgb24",
            interpolation=BILINEAR_EXACT,
        )
    except (av.error.FFmpegError, ValueError) as error:
        raise VideoError(f"a frame cannot be scaled to {stored_width}×{stored_height}: {one_line(error)}") from error
    return turn.apply(scaled.to_ndarray())


def crop(pixels: Pixels, *, height: int, width: int, x: float, y: float) -> Pixels:
    """Return the ``height`` × ``width`` window of ``pixels`` (h, w, 3) at the relative position (x, y) in 0..1."""
    top = round(y * (pixels.shape[0] - height))
    left = round(x * (pixels.shape[1] - width))
    return pixels[top : top + height, left : left + width]


def normalise(raw: Pixels, video: VideoProfile, out: npt.NDArray[np.float32]) -> None:
    """Write ``(raw - mean) * scale`` into ``out``.

    Args:
        raw: uint8 (N, H, W, 3), in the profile's colour order.
        video: gives mean, per channel on the 0..255 scale, and scale.
        out: float32 (3, N, H, W), overwritten.
    """
    mean = np.asarray(video.mean, np.float32)[:, None, None, None]
    np.subtract(raw.transpose(3, 0, 1, 2), mean, out=out, dtype=np.float32)
    out *= np.float32(video.scale)
