"""All stages in one plot and in a few sentences: how far every value of the network lies off in each file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from edgeconv.core.drift import Apart, DriftPoint, ExactStage, Layers, culprit, first_drifting
from edgeconv.report import format as fmt

LEFT, RIGHT, TOP, BOTTOM = 50.0, 904.0, 14.0, 214.0
LEAST, MOST = -9, 0
"""Powers of ten of the axis: largest difference over the value's scale. What is smaller lies on its lower end."""


@dataclass(frozen=True)
class Line:
    """One file over all values that it has."""

    name: str
    kind: str
    """Class in the style sheet."""
    path: str


@dataclass(frozen=True)
class Mark:
    """A layer that differs by itself."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class StagePlot:
    lines: tuple[Line, ...]
    marks: tuple[Mark, ...]
    ticks: tuple[tuple[float, str], ...]
    values: int


def stage_plot(layers: Layers | None) -> StagePlot | None:
    """Lay out one line per file; None where nothing was compared."""
    if layers is None or not layers.values:
        return None
    rows = layers.values
    columns = (
        ("lowered ONNX", "lowered", [r.lowered for r in rows]),
        ("fp32 TFLite", "tflite", [r.tflite for r in rows]),
        ("int8 TFLite", "int8", [r.int8 for r in rows]),
    )
    places = {r.value: i for i, r in enumerate(rows)}
    by_name = {name: column for name, _, column in columns}
    return StagePlot(
        lines=tuple(Line(name, kind, _path(column)) for name, kind, column in columns if any(column)),
        marks=tuple(
            Mark(_x(places[c.value], len(rows)), _y(found), f"{stage.name}: {c.op} '{c.value}'")
            for stage in layers.stages
            for c in stage.culprits
            if c.value in places and (found := by_name[stage.name][places[c.value]]) is not None
        ),
        ticks=tuple((_height(power), f"1e{power}" if power else "1") for power in range(LEAST, MOST + 1, 3)),
        values=len(rows),
    )


def _path(column: Sequence[Apart | None]) -> str:
    """A line through all values that the file has, over those that it lacks."""
    dots = [(_x(i, len(column)), _y(found)) for i, found in enumerate(column) if found is not None]
    return " ".join(f"{'L' if i else 'M'}{x} {y}" for i, (x, y) in enumerate(dots))


def _x(number: int, total: int) -> float:
    return round(LEFT + number * (RIGHT - LEFT) / max(1, total - 1), 1)


def _y(found: Apart) -> float:
    power = math.log10(found.relative) if found.relative > 0 else LEAST
    return _height(min(max(power, LEAST), MOST))


def _height(power: float) -> float:
    return round(BOTTOM - (power - LEAST) / (MOST - LEAST) * (BOTTOM - TOP), 1)


def stage_words(layers: Layers | None) -> tuple[str, ...]:
    """One sentence per exact stage."""
    return tuple(exact_words(stage) for stage in layers.stages) if layers else ()


def exact_words(stage: ExactStage) -> str:
    """'fp32 TFLite: 119 values, none differs by itself; at most 9.4e-06 of its scale, of 1e-04'."""
    if stage.died:
        return f"{stage.name}: not compared: {stage.died}"
    apart = f"at most {stage.worst:.1e} of a value's scale"
    if not stage.culprits:
        return f"{stage.name}: {stage.compared} values, none differs by itself; {apart}"
    first, more = stage.culprits[0], len(stage.culprits) - 1
    alone = "cannot run alone" if first.alone is None else f"differs by {first.alone:.1e} of its scale by itself"
    others = f"; so do {more} more" if more else ""
    return f"{stage.name}: {first.op} '{first.value}' (tensor '{first.tensor}') {alone}{others}; {apart}"


def int8_words(points: Sequence[DriftPoint]) -> str:
    """Where int8 drift starts and where it grows most, in one sentence; '' where nothing was compared."""
    first, worst = first_drifting(points), culprit(points)
    if not points:
        return ""
    if first is None:
        return "No operator costs clearly more than the error of its inputs and one rounding."
    said = f"Drift starts at {first.op} '{first.tensor}', {fmt.decibel(first.excess_db)} beyond one rounding"
    if worst is None:
        return f"{said}; no operator stands out."
    why = f": {'; '.join(worst.causes)}" if worst.causes else ""
    if worst is first:
        return f"{said}, and grows most there{why}."
    return f"{said}, and grows most at {worst.op} '{worst.tensor}', {fmt.decibel(worst.excess_db)}{why}."
