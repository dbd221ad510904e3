"""Whether two stages say the same, and whether one is better than chance would make it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from edgeconv.core.evaluation import Agreement
from edgeconv.core.layout import Array
from edgeconv.evaluation.scoring import ranking, wilson


def agreement(first: str, second: str, scores: tuple[Array, Array], labels: Sequence[int]) -> Agreement:
    """
    Args:
        first, second: names of the stages.
        scores: of both, [videos, classes].
        labels: true class of each video.
    """
    a, b = (ranking(s)[:, 0] for s in scores)
    truth = np.asarray(labels, np.int64)
    only_first, only_second = int(((a == truth) & (b != truth)).sum()), int(((a != truth) & (b == truth)).sum())
    return Agreement(
        first=first,
        second=second,
        same=wilson(int((a == b).sum()), len(truth)),
        only_first=only_first,
        only_second=only_second,
        p_value=mcnemar(only_first, only_second),
    )


def mcnemar(only_first: int, only_second: int) -> float:
    """Exact two-sided McNemar test: a video that one stage alone recognised could as well be the other's."""
    total, fewer = only_first + only_second, min(only_first, only_second)
    if total == 0:
        return 1.0
    tail = sum(math.comb(total, k) for k in range(fewer + 1))
    return float(min(1.0, 2 * tail / 2**total))
