"""Which frames of a video make a clip: the segment sampling of ECO.

A video of F frames is cut into N equal segments of F / N frames (a real number), and one frame is taken from each.

- Clip #0 takes the centre of every segment, ``int(tick / 2 + tick * x)`` with ``tick = F / N``: this is what ECO
  samples at inference.
- Clips #1, #2, ... take a random frame of every segment, as ECO's training does, and a random crop. (Here a segment is
  F / N frames long, not that number cut to an integer, so that the end of the video is seen as well.)

Videos shorter than N frames follow the formula of clip #0, as in ECO-pytorch's test sampling: neighbouring segments
then share a frame, so frames repeat in order and the clip still runs from the start of the video to its end.
(ECO-pytorch's training and validation sampling repeat the first frame N times instead. A still clip would calibrate
the temporal layers on no motion, so that is not followed.)
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

CENTRE = 0.5


@dataclass(frozen=True)
class ClipPlan:
    """One clip of one video, before any pixel is read.

    Attributes:
        frames: N frame indices, ascending, from 0.
        crop_x: where the crop lies in the room it has, 0 = left, 0.5 = centre, 1 = right.
        crop_y: the same from top to bottom.
    """

    frames: tuple[int, ...]
    crop_x: float = CENTRE
    crop_y: float = CENTRE


def centre_indices(total: int, segments: int) -> tuple[int, ...]:
    """Return the centre frame of each of ``segments`` equal parts of a video of ``total`` frames.

    Returns:
        N ascending indices in [0, F): ``int(tick / 2 + tick * x)`` with ``tick = F / N``.

    Raises:
        ValueError: ``total`` or ``segments`` is not positive.
    """
    if total <= 0 or segments <= 0:
        raise ValueError(f"cannot take {segments} segments from {total} frames")
    tick = total / segments
    return tuple(int(tick / 2 + tick * x) for x in range(segments))


def random_indices(total: int, segments: int, rng: np.random.Generator) -> tuple[int, ...]:
    """Return a random frame of each of ``segments`` equal parts of a video of ``total`` frames.

    Segment x holds the whole frames from ``tick * x`` to ``tick * (x + 1)``, both rounded: every frame belongs to one
    segment, and the centre frame of a segment belongs to it. Videos shorter than ``segments`` frames leave no choice.

    Returns:
        N indices in [0, F), strictly ascending unless F < N; then those of :func:`centre_indices`.

    Raises:
        ValueError: ``total`` or ``segments`` is not positive.
    """
    centres = centre_indices(total, segments)
    if total < segments:
        return centres
    bounds = np.floor(total / segments * np.arange(segments + 1) + 0.5).astype(np.int64)
    return tuple(int(index) for index in rng.integers(bounds[:-1], bounds[1:]))


def plan_clip(name: str, number: int, *, start: int, stop: int, segments: int, seed: int) -> ClipPlan:
    """Plan clip ``number`` from the frames ``start`` (inclusive) to ``stop`` (exclusive) of the video ``name``.

    The same arguments always give the same plan, whatever other videos and clips are planned.
    """
    if number == 0:
        offsets, crop_x, crop_y = centre_indices(stop - start, segments), CENTRE, CENTRE
    else:
        rng = np.random.default_rng([seed, zlib.crc32(name.encode()), number])
        crop_x, crop_y = rng.random(), rng.random()
        offsets = random_indices(stop - start, segments, rng)
    return ClipPlan(tuple(start + offset for offset in offsets), crop_x, crop_y)


def spread(total: int, count: int) -> tuple[int, ...]:
    """Return ``count`` ≤ ``total`` different indices, evenly spread over ``range(total)``."""
    return centre_indices(total, count) if count else ()
