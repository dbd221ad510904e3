"""Geometry of the drift plot: SQNR per tensor in execution order. The template only draws it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from edgeconv.core.drift import DriftPoint
from edgeconv.report.format import NO_DIFFERENCE_DB, error_share

WIDTH, HEIGHT = 960.0, 320.0
LEFT, RIGHT, TOP, BOTTOM = 50.0, 904.0, 28.0, 262.0
BAND = 18.0
"""Height of the band above the axis for tensors without any difference."""
BADGE_GAP = 22.0
WORST = 5
_MOVES = ("RESHAPE", "STRIDED_SLICE")
"""What they give is what they were given: not worth a second mention."""


def worst(points: Sequence[DriftPoint], count: int = WORST) -> tuple[DriftPoint, ...]:
    """The tensors that lie furthest off, the worst first; those that only show another's values again are left out."""
    computed = [p for p in points if p.op not in _MOVES] or list(points)
    measured = [p for p in computed if not math.isnan(p.sqnr_db)]
    return tuple(sorted(measured, key=lambda p: p.sqnr_db)[:count])


@dataclass(frozen=True)
class Dot:
    """One tensor of the plot."""

    point: DriftPoint
    number: int
    """Place in execution order, from 1."""
    x: float
    y: float
    hit_x: float
    hit_width: float
    kind: Literal["measured", "identical"]


@dataclass(frozen=True)
class Badge:
    """One of the worst tensors, with the place of its number below the axis."""

    rank: int
    dot: Dot
    x: float


@dataclass(frozen=True)
class Tick:
    at: float
    label: str
    error: str = ""


@dataclass(frozen=True)
class DriftPlot:
    dots: tuple[Dot, ...]
    badges: tuple[Badge, ...]
    """Worst first."""
    path: str
    """SVG path through the measured tensors; broken where a tensor has no finite value."""
    y_ticks: tuple[Tick, ...]
    x_ticks: tuple[Tick, ...]
    top: float
    """Upper end of the dB axis."""
    identical: int
    unmeasured: int
    """Tensors whose SQNR is not a number."""
    radius: float


def drift_plot(points: Sequence[DriftPoint]) -> DriftPlot | None:
    """Lay the points out, or return None when there is nothing to draw."""
    if not any(not math.isnan(p.sqnr_db) for p in points):
        return None
    finite = [p.sqnr_db for p in points if math.isfinite(p.sqnr_db) and p.sqnr_db < NO_DIFFERENCE_DB]
    identical = sum(p.sqnr_db >= NO_DIFFERENCE_DB for p in points)
    low, high, step = _axis(finite)
    top = TOP + (BAND if identical else 0.0)

    def y_of(db: float) -> float:
        return round(BOTTOM - (max(db, low) - low) / (high - low) * (BOTTOM - top), 1)

    pitch = (RIGHT - LEFT) / max(1, len(points) - 1)
    dots = []
    for i, point in enumerate(points):
        if math.isnan(point.sqnr_db):
            continue
        same = point.sqnr_db >= NO_DIFFERENCE_DB
        x = (LEFT + RIGHT) / 2 if len(points) == 1 else LEFT + i * pitch
        hit = min(pitch, 40.0)
        y = TOP if same else y_of(point.sqnr_db)
        dots.append(
            Dot(point, i + 1, round(x, 1), y, round(x - hit / 2, 1), round(hit, 1), "identical" if same else "measured")
        )
    furthest = worst(points)
    levels = range(round(low / step), round(high / step) + 1)
    return DriftPlot(
        dots=tuple(dots),
        badges=_badges([d for d in dots if d.kind == "measured" and d.point in furthest]),
        path=_path(dots),
        y_ticks=tuple(Tick(y_of(k * step), str(k * step).replace("-", "−"), error_share(k * step)) for k in levels),
        x_ticks=tuple(
            Tick(round(LEFT + (n - 1) * pitch if len(points) > 1 else (LEFT + RIGHT) / 2, 1), str(n))
            for n in _x_numbers(len(points))
        ),
        top=top,
        identical=identical,
        unmeasured=len(points) - len(dots),
        radius=3.0 if len(points) <= 80 else 2.4 if len(points) <= 160 else 1.8,
    )


def _axis(values: Sequence[float]) -> tuple[int, int, int]:
    """Lowest and highest dB of the axis and the step of its grid; 0 is always on it."""
    least, most = min(0.0, *values, 0.0), max(20.0, *values, 20.0)
    step = next((s for s in (10, 20, 50) if (most - least) / s <= 6), 100)
    return math.floor(least / step) * step, math.ceil(most / step) * step, step


def _x_numbers(total: int) -> list[int]:
    """Numbers of the tensors that get a mark on the axis: the first, then round ones."""
    step = next((s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if total / s <= 12), 5000)
    return [1, *(n for n in range(step, total + 1, step) if n > 1)]


def _path(dots: Sequence[Dot]) -> str:
    """Line through neighbouring measured tensors."""
    commands, last = [], None
    for dot in dots:
        if dot.kind == "measured":
            commands.append(f"{'L' if last == dot.number - 1 else 'M'}{dot.x} {dot.y}")
            last = dot.number
    return " ".join(commands)


def _badges(dots: Sequence[Dot]) -> tuple[Badge, ...]:
    """Number the worst tensors and move their numbers apart."""
    ranked = sorted(dots, key=lambda d: (d.point.sqnr_db, d.number))[:WORST]
    rank = {d.number: i + 1 for i, d in enumerate(ranked)}
    ordered = sorted(ranked, key=lambda d: d.number)
    xs: list[float] = []
    for dot in ordered:
        xs.append(max(dot.x, xs[-1] + BADGE_GAP) if xs else dot.x)
    limit = RIGHT
    for i in reversed(range(len(xs))):
        xs[i] = min(xs[i], limit)
        limit = xs[i] - BADGE_GAP
    found = (Badge(rank[d.number], d, round(x, 1)) for d, x in zip(ordered, xs, strict=True))
    return tuple(sorted(found, key=lambda b: b.rank))
