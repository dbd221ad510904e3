"""Where the files leave the network: value by value over the exact stages, tensor by tensor in int8."""

from __future__ import annotations

from collections.abc import Sequence

from edgeconv.core.section import Section

STARTS_DB = 3.0
"""Twice the error power that cannot be helped: here drift starts."""
STANDS_OUT_DB = 6.0
"""Twice the error that cannot be helped: the layer that costs most is named from here on."""


class DriftPoint(Section):
    """int8 against float for one tensor both files share, in execution order."""

    tensor: str
    op: str
    sqnr_db: float
    cosine: float
    lost_db: float = 0.0
    """What this op costs: SQNR of its worst input less that of its result; 0 for an input, below 0 where errors
    average out."""
    excess_db: float = 0.0
    """What this op costs beyond what cannot be helped: its worst input's error and one rounding over its full range."""
    relative: float = 0.0
    """Largest difference over the largest magnitude of the float values."""
    causes: tuple[str, ...] = ()
    """Why, where it costs something; several may hold."""


class Apart(Section):
    """How far one value lies off in one file, over all clips."""

    relative: float
    """Largest difference over the largest magnitude."""
    sqnr_db: float


class SharedValue(Section):
    """One value of the network in every file that still has it; None where a file merged it into another."""

    value: str
    """Name in the original ONNX."""
    op: str
    """What makes it there; of several operators whose values between are in no file, all."""
    tensor: str = ""
    """Name in both TFLite files; '' where they have none."""
    lowered: Apart | None = None
    """4D ONNX against the original."""
    tflite: Apart | None = None
    """fp32 TFLite against the original."""
    int8: Apart | None = None
    """int8 TFLite against fp32 TFLite."""


class LayerCulprit(Section):
    """A layer that differs although it is given what the layers before it gave."""

    value: str
    op: str
    tensor: str
    alone: float | None
    """Largest difference over the value's scale, fed with what the file has before it; None: it cannot run alone."""


class ExactStage(Section):
    """A file that must equal the original up to the order of sums, compared value by value."""

    name: str
    tolerance: float
    compared: int
    worst: float
    """Largest difference over a value's scale, whatever of it is inherited."""
    culprits: tuple[LayerCulprit, ...] = ()
    """In the order of the network: the first is where to look."""
    inherited: int = 0
    """Values beyond the tolerance only because of what reaches them."""
    died: str = ""
    """How the comparison ended, where it did not come to its end."""


class Layers(Section):
    """Every value that the files share, stage by stage; the original ONNX stands for PyTorch, as parity shows."""

    stages: tuple[ExactStage, ...]
    values: tuple[SharedValue, ...]
    """In the order of the network."""


def first_drifting(points: Sequence[DriftPoint]) -> DriftPoint | None:
    """Where drift starts: the first operator that costs clearly more than one rounding."""
    return next((p for p in points if p.excess_db >= STARTS_DB), None)


def culprit(points: Sequence[DriftPoint]) -> DriftPoint | None:
    """The operator that drift grows most in, if one stands out.

    Judged by what it costs beyond the error of its inputs and one rounding: a clean first layer loses more decibels
    than a spoilt later one, which begins with a noisy input.
    """
    worst = max(points, key=lambda p: p.excess_db, default=None)
    return worst if worst and worst.excess_db >= STANDS_OUT_DB else None
