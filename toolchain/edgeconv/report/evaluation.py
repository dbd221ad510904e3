"""evaluation.html: how well each stage recognises, with the confusion matrix; one self-contained page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edgeconv.core.evaluation import Evaluation, Share, StageScore
from edgeconv.report import format as fmt
from edgeconv.report.page import page_environment

NUMBERED = 24
"""Up to so many classes the cells of the matrix hold their numbers."""
MOST_CONFUSED = 10


@dataclass(frozen=True)
class Cell:
    """One cell of a confusion matrix."""

    videos: int
    share: float
    """Of the videos of its true class."""
    told: str


@dataclass(frozen=True)
class Confused:
    """A pair of classes of which one is taken for the other."""

    true: str
    taken: str
    videos: int


def render_evaluation(found: Evaluation) -> str:
    """The page as text. It loads nothing and runs nothing; every value is escaped."""
    return (
        page_environment()
        .get_template("evaluation.html.j2")
        .render(
            found=found, matrix=matrix, confused=confused, interval=interval, numbered=len(found.classes) <= NUMBERED
        )
    )


def interval(share: Share | None) -> str:
    """'80.1 to 92.4 %'"""
    return "" if share is None else f"{100 * share.low:.1f} to {100 * share.high:.1f} %"


def matrix(stage: StageScore) -> Iterator[tuple[str, tuple[Cell, ...]]]:
    """A row per true class."""
    names = [c.name for c in stage.classes]
    for name, row in zip(names, stage.confusion, strict=True):
        total = max(1, sum(row))
        yield (
            name,
            tuple(
                Cell(n, n / total, f"{fmt.plural(n, 'video')} of {name} taken for {other}")
                for other, n in zip(names, row, strict=True)
            ),
        )


def confused(stage: StageScore) -> tuple[Confused, ...]:
    """The pairs that are confused most often."""
    names = [c.name for c in stage.classes]
    pairs = [
        Confused(names[i], names[j], n)
        for i, row in enumerate(stage.confusion)
        for j, n in enumerate(row)
        if i != j and n
    ]
    return tuple(sorted(pairs, key=lambda p: (-p.videos, p.true, p.taken))[:MOST_CONFUSED])
