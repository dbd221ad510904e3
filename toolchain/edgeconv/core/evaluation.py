"""How well the stages of a network recognise labelled videos. As the report, it holds no clock reading and no path."""

from __future__ import annotations

from pydantic import Field

from edgeconv.core.section import Section


class Share(Section):
    """A share of videos with its 95 % confidence interval (Wilson's)."""

    value: float
    low: float
    high: float
    videos: int


class ClassScore(Section):
    """Of one class."""

    name: str
    videos: int
    recall: float | None
    """Share of its videos that were recognised; None where there are none."""
    precision: float | None
    """Share of the videos taken for it that are; None where none was taken for it."""


class StageScore(Section):
    """Of one form of the network in one runtime."""

    name: str
    top1: Share
    top5: Share | None
    """None where there are at most five classes."""
    classes: tuple[ClassScore, ...]
    confusion: tuple[tuple[int, ...], ...]
    """Videos by true class (row) and answer (column)."""


class Agreement(Section):
    """Two stages on the same videos."""

    first: str
    second: str
    same: Share
    """The same first answer, right or wrong."""
    only_first: int
    """Videos that only the first stage recognised."""
    only_second: int
    p_value: float
    """Of the difference in top-1, by the exact McNemar test: below 0.05 it is hardly chance."""


class SkippedVideo(Section):
    name: str
    reason: str


class Evaluation(Section):
    subject: str
    data: str
    """Name of the folder, and of the list."""
    classes: tuple[str, ...]
    videos: int
    clips: int
    """Of each video, one after the other in time; their scores are averaged."""
    crops: int
    """Of each clip."""
    stages: tuple[StageScore, ...]
    agreements: tuple[Agreement, ...]
    notes: tuple[str, ...] = ()
    """What a reader must know: untrained weights."""
    skipped: tuple[SkippedVideo, ...] = Field(default=())
    """Videos that could not be read; they count for nothing."""
