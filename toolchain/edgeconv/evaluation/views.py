"""Which parts of a video are looked at: several clips in time, several crops in space."""

from __future__ import annotations

from dataclasses import dataclass

from edgeconv.core.errors import UsageError

CROPS = {1: (0.5,), 3: (0.0, 0.5, 1.0)}
"""Places along the longer side; the shorter side fits but for the margin of the resize, which is cut evenly."""


@dataclass(frozen=True)
class View:
    """One clip of a video and one crop of it."""

    moment: float
    """Where in each of the video's equal segments its frame is taken: 0.5 is ECO's centre."""
    place: float
    """Where along the longer side of the picture the crop lies: 0 left or top, 1 right or bottom."""


def views(clips: int, crops: int) -> tuple[View, ...]:
    """Clips evenly over the segments, each with all crops: 10 clips of 3 crops are the 30 views of SlowFast's
    protocol (arXiv 1812.03982, section 4), on ECO's segments. One clip of one crop is what an export feeds.

    Raises:
        UsageError: other crops than 1 or 3; no clip.
    """
    if crops not in CROPS or clips < 1:
        raise UsageError(f"{clips} clips of {crops} crops cannot be taken", hint="take 1 clip or more, of 1 or 3 crops")
    moments = [(number + 0.5) / clips for number in range(clips)]
    return tuple(View(moment, place) for moment in moments for place in CROPS[crops])
