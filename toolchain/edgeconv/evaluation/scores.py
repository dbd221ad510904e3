"""From logits and labels to what a reader wants to know."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]

Z = 1.959964
"""Of a two-sided interval of 95 %."""


class Interval(BaseModel):
    """A share, with the interval in which the true one lies in 95 of 100 samples of this size (Wilson)."""

    share: float
    low: float
    high: float
    hits: int
    of: int

    @classmethod
    def of_hits(cls, hits: int, of: int) -> Interval:
        """Wilson's score interval; it stays within 0 and 1, and is honest where nothing or everything was right."""
        share, z2 = hits / of, Z * Z
        middle = (share + z2 / (2 * of)) / (1 + z2 / of)
        half = Z * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of)) / (1 + z2 / of)
        low = 0.0 if hits == 0 else middle - half
        return cls(share=share, low=low, high=1.0 if hits == of else middle + half, hits=hits, of=of)


class ClassScore(BaseModel):
    """One class, over its own clips."""

    name: str
    clips: int
    right: int
    mistaken_for: str
    """The class that is named most often in its place; empty where none is."""


class Score(BaseModel):
    """One stage over all clips."""

    top1: Interval
    top5: Interval | None
    """None for fewer than six classes."""
    classes: tuple[ClassScore, ...]
    """Of those that have clips."""
    confusion: tuple[tuple[int, ...], ...]
    """Clips by true class (row) and answer (column), in the order of all classes."""


class Agreement(BaseModel):
    """How often two stages give the same answer, right or wrong."""

    first: str
    second: str
    same: Interval


def score(logits: Floats, labels: Labels, classes: Sequence[str]) -> Score:
    """Judge logits [clips, classes] by labels [clips]; of equal logits the first class counts."""
    order = np.argsort(-logits, axis=1, kind="stable")
    answers, count = order[:, 0], len(classes)
    confusion = np.zeros((count, count), np.int64)
    np.add.at(confusion, (labels, answers), 1)
    five = (order[:, :5] == labels[:, None]).any(1)
    return Score(
        top1=Interval.of_hits(int((answers == labels).sum()), len(labels)),
        top5=Interval.of_hits(int(five.sum()), len(labels)) if count > 5 else None,
        classes=tuple(_class_score(classes, number, confusion[number]) for number in np.unique(labels)),
        confusion=tuple(tuple(int(n) for n in row) for row in confusion),
    )


def agreement(first: str, second: str, logits: tuple[Floats, Floats]) -> Agreement:
    """Compare the answers of two stages to the same clips."""
    same = logits[0].argmax(1) == logits[1].argmax(1)
    return Agreement(first=first, second=second, same=Interval.of_hits(int(same.sum()), len(same)))


def _class_score(classes: Sequence[str], number: int, row: Labels) -> ClassScore:
    others = row.copy()
    others[number] = 0
    most = int(others.argmax())
    return ClassScore(
        name=classes[number],
        clips=int(row.sum()),
        right=int(row[number]),
        mistaken_for=classes[most] if others[most] else "",
    )
