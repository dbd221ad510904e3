"""Clips of a labelled video, as a bundle's manifest says that frames become the input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edgeconv.core.layout import Array
from edgeconv.profiles import VideoProfile
from edgeconv.video.decode import VideoError, inspect_video, read_frames
from edgeconv.video.preprocess import crop, frame_pixels, normalise
from edgeconv.video.sources import VideoSource


@dataclass(frozen=True)
class ClipForm:
    """What a network takes of a video."""

    frames: int
    height: int
    width: int
    video: VideoProfile


def read_views(path: Path, form: ClipForm, views: Sequence[tuple[float, float]]) -> Array:
    """Several clips of one video; it is decoded twice, frame by frame, and one frame is held beside the result.

    Args:
        views: (moment, place) of each: where in each equal segment of the video its frame lies, and where along the
            longer side of the picture the crop does; both 0..1, (0.5, 0.5) is the clip that an export takes.

    Returns:
        float32 [views, 3, frames, height, width]

    Raises:
        VideoError: it cannot be decoded to its end.
    """
    source = VideoSource(path.name, path)
    total = inspect_video(source).frames
    plans = [moments(total, form.frames, moment) for moment, _ in views]
    raw = np.empty((len(views), form.frames, form.height, form.width, 3), np.uint8)
    for index, picture in read_frames(source, frozenset(i for plan in plans for i in plan)):
        pixels = frame_pixels(picture, height=form.height, width=form.width, video=form.video)
        wide = pixels.shape[1] >= pixels.shape[0]
        for number, (plan, (_, place)) in enumerate(zip(plans, views, strict=True)):
            at = [k for k, own in enumerate(plan) if own == index]
            if at:
                x, y = (place, 0.5) if wide else (0.5, place)
                raw[number, at] = crop(pixels, height=form.height, width=form.width, x=x, y=y)
    made = np.empty((len(views), 3, form.frames, form.height, form.width), np.float32)
    for number in range(len(views)):
        normalise(raw[number], form.video, made[number])
    return made


def moments(total: int, segments: int, moment: float) -> tuple[int, ...]:
    """The frame at this moment, 0..1, of each of so many equal segments; ECO's centre frames at 0.5.

    Raises:
        VideoError: there are no frames.
    """
    if total <= 0:
        raise VideoError("it has no frames")
    tick = total / segments
    return tuple(min(total - 1, int(tick * moment + tick * x)) for x in range(segments))
