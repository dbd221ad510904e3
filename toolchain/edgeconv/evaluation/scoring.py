"""Top-1, top-5, per class, with what chance leaves open."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from edgeconv.core.evaluation import ClassScore, Share, StageScore
from edgeconv.core.layout import Array

Z = 1.959963984540054
"""Of the normal distribution, two-sided 95 %."""
TOP = 5


def wilson(right: int, total: int) -> Share:
    """A share with Wilson's score interval (J. Am. Stat. Assoc. 22, 1927), which holds at 0 and at 1 too."""
    if total == 0:
        return Share(value=0.0, low=0.0, high=1.0, videos=0)
    share, square = right / total, Z * Z / total
    centre = (share + square / 2) / (1 + square)
    half = Z / (1 + square) * math.sqrt(share * (1 - share) / total + square / total / 4)
    # At the ends the formula gives 0 and 1 up to the last bit.
    low, high = (0.0 if right == 0 else centre - half), (1.0 if right == total else centre + half)
    return Share(value=share, low=max(0.0, low), high=min(1.0, high), videos=total)


def ranking(scores: Array) -> Array:
    """Classes by score, the best first; the lower number first where they are equal."""
    ordered: Array = np.argsort(-scores, axis=1, kind="stable")
    return ordered


def score(name: str, scores: Array, labels: Sequence[int], classes: Sequence[str]) -> StageScore:
    """
    Args:
        scores: [videos, classes].
        labels: true class of each video.
        classes: their names.
    """
    order, truth = ranking(scores), np.asarray(labels, np.int64)
    answers, count = order[:, 0], len(classes)
    confusion = np.zeros((count, count), np.int64)
    np.add.at(confusion, (truth, answers), 1)
    within = int((order[:, :TOP] == truth[:, None]).any(1).sum())
    return StageScore(
        name=name,
        top1=wilson(int((answers == truth).sum()), len(truth)),
        top5=wilson(within, len(truth)) if count > TOP else None,
        classes=tuple(_of_class(classes[i], confusion, i) for i in range(count)),
        confusion=tuple(tuple(int(n) for n in row) for row in confusion),
    )


def _of_class(name: str, confusion: Array, index: int) -> ClassScore:
    right, own, taken = (int(n) for n in (confusion[index, index], confusion[index].sum(), confusion[:, index].sum()))
    return ClassScore(
        name=name, videos=own, recall=right / own if own else None, precision=right / taken if taken else None
    )
