"""The fewest tensors that do, in a bounded number of trials."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Score:
    """Cosine of the outputs with those of the float network."""

    mean: float
    """Over clips."""
    least: float
    """Of the worst clip."""

    def reaches(self, goal: Score) -> bool:
        return self.mean >= goal.mean and self.least >= goal.least


Judge = Callable[[tuple[str, ...]], Score]
"""Builds and runs the file in which these tensors have more than 8 bits."""


@dataclass(frozen=True)
class Trial:
    tensors: tuple[str, ...]
    score: Score


@dataclass(frozen=True)
class Found:
    tensors: tuple[str, ...]
    """The smallest set that reached the goal; where none did, the one of the best mean."""
    score: Score
    reached: bool
    trials: tuple[Trial, ...]
    """In the order in which they were run."""


def search(ranked: Sequence[str], judge: Judge, goal: Score, budget: int) -> Found:
    """Take 1, 2, 4, ... of the ranked tensors until the goal is reached, then find where between the last two steps it
    begins to be, then leave out one after the other what is not needed, the lowest ranked first.

    Args:
        ranked: those first that promise most.
        budget: trials at most.

    Raises:
        ValueError: there is nothing to try, or no trial.
    """
    if not ranked or budget < 1:
        raise ValueError("a search needs tensors and a trial")
    runs = _Runs(judge, goal, budget)
    few, many = 0, 1
    while not runs.reach(ranked[:many]) and many < len(ranked) and runs.left:
        few, many = many, min(2 * many, len(ranked))
    if not runs.reached:
        best = max(runs.trials, key=lambda t: (t.score.mean, -len(t.tensors)))
        return Found(best.tensors, best.score, False, tuple(runs.trials))
    while many - few > 1 and runs.left:
        middle = (few + many) // 2
        few, many = (few, middle) if runs.reach(ranked[:middle]) else (middle, many)
    # The last one is needed: without it the goal was missed.
    for name in list(runs.reached[-1].tensors[-2::-1]):
        if not runs.left:
            break
        runs.reach([t for t in runs.reached[-1].tensors if t != name])
    return Found(runs.reached[-1].tensors, runs.reached[-1].score, True, tuple(runs.trials))


class _Runs:
    """Trials that were made; of those that reached the goal the last is the smallest."""

    def __init__(self, judge: Judge, goal: Score, budget: int) -> None:
        self._judge, self._goal, self._budget = judge, goal, budget
        self.trials: list[Trial] = []
        self.reached: list[Trial] = []

    @property
    def left(self) -> int:
        return self._budget - len(self.trials)

    def reach(self, tensors: Sequence[str]) -> bool:
        trial = Trial(tuple(tensors), self._judge(tuple(tensors)))
        self.trials.append(trial)
        if done := trial.score.reaches(self._goal):
            self.reached.append(trial)
        return done
