"""From a video file to the frames that a network sees: ECO's segments, resize and crop, turned upright.

Without augmentation the frames are those that edgeconv itself feeds when it exports and verifies: the same segments,
the same scaling, the same centre crop. So what is judged here is what the exported network is judged on.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgeconv_models.data.errors import DataError

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

BILINEAR_EXACT = 0x2 | 0x2000 | 0x40000 | 0x80000
"""FFmpeg's SWS_BILINEAR | SWS_FULL_CHR_H_INT | SWS_ACCURATE_RND | SWS_BITEXACT: the same bytes on every machine."""

CROP_OF_RESIZE = 224
"""The image size that ``resize`` is meant for."""


@dataclass(frozen=True)
class Preprocessing:
    """What a network expects of its frames; the defaults are ECO's, and those of every export profile."""

    frames: int = 16
    """One of each of so many equal segments."""
    size: int = 224
    """Height and width of the crop."""
    resize: int = 256
    """The shorter side before the crop; for small networks in proportion."""
    color: str = "BGR"
    mean: tuple[float, float, float] = (104.0, 117.0, 128.0)
    """Per channel, 0 to 255."""
    scale: float = 1.0
    """Multiplies what is left when the mean is taken off."""

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as a checkpoint can hold them."""
        return asdict(self) | {"mean": list(self.mean)}

    def normalise(self, pixels: Pixels) -> Floats:
        """uint8 (T, H, W, 3) to float32 (3, T, H, W)."""
        clip = pixels.transpose(3, 0, 1, 2).astype(np.float32)
        clip -= np.asarray(self.mean, np.float32)[:, None, None, None]
        clip *= np.float32(self.scale)
        return clip

    @property
    def shorter_side(self) -> int:
        """To which frames are resized: a small network sees as much of the picture as one of 224."""
        small = 2 * self.size <= self.resize
        return max(round(self.resize * self.size / CROP_OF_RESIZE) if small else self.resize, self.size)


@dataclass(frozen=True)
class Augmentation:
    """How training varies a clip, all of its frames alike."""

    zoom: float = 1.2
    """The picture is enlarged by 1 to this factor before the crop."""
    flip: bool = False
    """Mirror left and right by chance: not where left and right are classes."""
    light: float = 0.2
    """Contrast and brightness vary by this share."""


@dataclass(frozen=True)
class _View:
    """Which frames, and which part of them."""

    frames: tuple[int, ...]
    zoom: float = 1.0
    x: float = 0.5
    y: float = 0.5
    flip: bool = False
    contrast: float = 1.0
    brightness: float = 0.0


def read_clip(
    path: Path, form: Preprocessing, augmentation: Augmentation | None = None, rng: np.random.Generator | None = None
) -> Pixels:
    """The frames of a video as a network sees them, before normalisation.

    Args:
        path: the video.
        form: number and size of frames.
        augmentation: left out, the centre frame of every segment and the centre of the picture.
        rng: the chance of an augmentation: frames within their segments, zoom, place, mirror, light.

    Returns:
        uint8 (T, size, size, 3), in the order of colours that ``form`` names.

    Raises:
        DataError: the video cannot be read to its end, or has no frames.
    """
    from av.video.reformatter import VideoReformatter

    frames = _decode(path)
    if augmentation is None or rng is None:
        view = _View(_centres(len(frames), form.frames))
    else:
        view = _View(
            _by_chance(len(frames), form.frames, rng),
            zoom=rng.uniform(1, augmentation.zoom),
            x=rng.random(),
            y=rng.random(),
            flip=augmentation.flip and rng.random() < 0.5,
            contrast=1 + rng.uniform(-1, 1) * augmentation.light,
            brightness=rng.uniform(-128, 128) * augmentation.light,
        )
    scaler = VideoReformatter()  # one for all: it is costlier to make than to use
    chosen = {index: _crop(scaler, frames[index], form, view) for index in set(view.frames)}
    clip = np.stack([chosen[index] for index in view.frames])
    if (view.contrast, view.brightness) != (1, 0):
        clip = np.clip((clip - 128.0) * view.contrast + 128 + view.brightness, 0, 255).astype(np.uint8)
    return np.ascontiguousarray(clip[:, :, ::-1] if view.flip else clip)


def check_clip(path: Path) -> str | None:
    """Why a video cannot be used, as far as its first frame tells; None if it can."""
    try:
        _decode(path, most=1)
    except DataError as error:
        return str(error)
    return None


def _decode(path: Path, most: int | None = None) -> list[Any]:
    """The frames as they are stored; a clip at a time is held, never a data set."""
    import av

    if av.logging.get_level() is None:
        av.logging.set_level(None)
    frames: list[Any] = []
    try:
        # A file that in truth is a playlist must not make FFmpeg fetch anything else.
        with av.open(str(path.absolute()), options={"protocol_whitelist": "file"}) as container:
            if not container.streams.video:
                raise DataError(f"'{path}' has no video stream")
            container.streams.video[0].thread_count = 1
            for frame in container.decode(container.streams.video[0]):
                frames.append(frame)
                if len(frames) == most:
                    break
    except (av.error.FFmpegError, OSError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise DataError(f"'{path}' breaks at frame {len(frames)}: {reason.splitlines()[0]}") from error
    if not frames:
        raise DataError(f"'{path}' has no frames")
    return frames


def _centres(total: int, segments: int) -> tuple[int, ...]:
    """The centre frame of each segment, ``int(tick / 2 + tick * x)`` with ``tick = total / segments``."""
    tick = total / segments
    return tuple(int(tick / 2 + tick * x) for x in range(segments))


def _by_chance(total: int, segments: int, rng: np.random.Generator) -> tuple[int, ...]:
    """A frame of each segment; a video of fewer frames than segments leaves no choice."""
    if total < segments:
        return _centres(total, segments)
    bounds = np.floor(total / segments * np.arange(segments + 1) + 0.5).astype(np.int64)
    return tuple(int(index) for index in rng.integers(bounds[:-1], bounds[1:]))


def _crop(scaler: Any, frame: Any, form: Preprocessing, view: _View) -> Pixels:
    """Resized so that the shorter side fits, turned upright, cropped at the place of the view."""
    shorter = round(form.shorter_side * view.zoom)
    scale = shorter / min(frame.width, frame.height)
    # The long side is cut to whole pixels; the guard is for a last bit lost in the division.
    width, height = (max(math.floor(side * scale + 1e-6), form.size) for side in (frame.width, frame.height))
    scaled = scaler.reformat(
        frame,
        width=width,
        height=height,
        format="bgr24" if form.color == "BGR" else "rgb24",
        interpolation=BILINEAR_EXACT,
    )
    pixels: Pixels = np.rot90(scaled.to_ndarray(), round(frame.rotation / 90) % 4)
    top, left = (round(at * (side - form.size)) for at, side in ((view.y, pixels.shape[0]), (view.x, pixels.shape[1])))
    return pixels[top : top + form.size, left : left + form.size]
