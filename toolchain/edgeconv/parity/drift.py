"""Where int8 leaves float: what every operator costs, and what its tensors say of the cause."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from edgeconv.core.drift import DriftPoint
from edgeconv.core.summary import ModelSummary, OpInfo
from edgeconv.runtimes import TensorDrift

COSTLY_DB = 1.0
"""From here on an operator is asked for its causes: its result has 12 % more error than its worst input."""
OUTSIDE = 1e-3
"""Share of values beyond the range: calibration itself leaves less outside where that lowers the error."""
SPREAD = 8.0
"""Seven channels of eight then share the lowest 16 of 127 steps with their sign."""
RATIO = 4.0
"""Two bits of the finer operand are then lost in the result, or of the result in the coarser operand."""
ROUNDING = 0.5
"""RMS error in steps up to which rounding to the own scale explains most of it (1/√12 = 0.29 for one rounding)."""
SCALED = 1.5
"""From this factor on values are not merely noisy but too large or too small; rounding leaves it within 1 ± 0.15."""
_ARITHMETIC = ("ADD", "SUB", "MUL", "CONCATENATION")


def diagnose(tensors: Sequence[TensorDrift], int8: ModelSummary) -> tuple[DriftPoint, ...]:
    """One point per tensor, in execution order.

    Args:
        tensors: of the int8 file against the float file.
        int8: the int8 file.
    """
    measured = {t.tensor: t for t in tensors}
    producers = {t.name: op for op in int8.ops for t in op.outputs}
    return tuple(_point(t, producers.get(t.tensor), measured) for t in tensors)


def _point(found: TensorDrift, op: OpInfo | None, measured: Mapping[str, TensorDrift]) -> DriftPoint:
    before = [measured[t.name].sqnr_db for t in op.inputs if t and t.name in measured] if op else []
    lost = min(before) - found.sqnr_db if before else 0.0
    bearable = sum(10 ** (-db / 10) for db in (found.ideal_db, *([min(before)] if before else [])))
    return DriftPoint(
        tensor=found.tensor,
        op=op.op if op else "input",
        sqnr_db=found.sqnr_db,
        cosine=found.cosine,
        lost_db=lost,
        excess_db=-10 * math.log10(bearable) - found.sqnr_db,
        relative=found.relative,
        causes=tuple(_causes(found, op)) if op and lost >= COSTLY_DB else (),
    )


def _causes(found: TensorDrift, op: OpInfo) -> Iterator[str]:
    saturated = found.outside >= OUTSIDE
    scaled = found.gain >= SCALED or (not saturated and found.gain <= 1 / SCALED)  # a range too small makes none larger
    if saturated:
        yield f"saturated: {100 * found.outside:.1f} % of its values lie outside the int8 range"
    if scaled:
        yield f"scaled: its values are {found.gain:.2g} times those of the float file: a scale is wrong"
    if found.spread >= SPREAD:
        yield f"one scale for channels that differ: the largest is {found.spread:.0f} times the median one"
    if found.dead:
        yield f"{found.dead} of {found.channels} channels are dead"
    scales = [t.scales[0] for t in op.inputs if t and not t.constant and len(t.scales) == 1]
    if op.op in _ARITHMETIC and op.outputs[0].scales and scales:
        ratio = max(*scales, op.outputs[0].scales[0]) / min(*scales, op.outputs[0].scales[0])
        if ratio >= RATIO:
            yield f"requantized: the scales of its operands and its result differ {ratio:.0f}-fold"
    if found.steps <= ROUNDING:
        yield f"rounded to its own scale: the error is {found.steps:.2f} steps, as of one rounding"
    elif found.steps and not scaled:
        yield f"inherited: errors of its inputs and weights, {found.steps:.1f} steps, outweigh its own rounding"
