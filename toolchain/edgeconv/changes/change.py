"""The nouns: one change between two exports, and how much of a loss is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from edgeconv.core.report import Report


class Meaning(str, Enum):
    """What a change means for who ships the bundle."""

    WORSE = "worse"
    """A regression."""
    BETTER = "better"
    CHANGED = "changed"
    """Neither, but somebody may rely on it."""


@dataclass(frozen=True)
class Change:
    area: str
    """'gates', 'sizes', ..."""
    what: str
    before: str
    after: str
    """'–' stands for 'not there'."""
    meaning: Meaning = Meaning.CHANGED


@dataclass(frozen=True)
class Limits:
    """Losses up to these are noise, not regressions."""

    growth: float = 0.02
    """Of a file, of a compiler's cycles and memory: share of the size before."""
    cosine: float = 0.005
    """Of the mean and of the worst clip."""
    accelerated: float = 0.001
    """Of the share of MACs that a target accelerates."""


Area = Callable[[Report, Report, Limits], Iterator[Change]]
_Written = TypeVar("_Written", bound=Area)
AREAS: list[Area] = []
MISSING = "–"


def area(function: _Written) -> _Written:
    """Register what looks at one aspect of two reports; they are asked in the order of registration."""
    AREAS.append(function)
    return function


def grown(before: float, after: float, limits: Limits) -> Meaning:
    """Of a number that should be small."""
    if after > before * (1 + limits.growth):
        return Meaning.WORSE
    return Meaning.BETTER if after < before * (1 - limits.growth) else Meaning.CHANGED


def fallen(before: float, after: float, limit: float) -> Meaning:
    """Of a number that should be large."""
    if not after >= before - limit:  # a NaN has fallen
        return Meaning.WORSE
    return Meaning.BETTER if after > before + limit else Meaning.CHANGED
