"""Thresholds of the profile against what was measured."""

from __future__ import annotations

from collections.abc import Iterator

from edgeconv.core.matrix import Matrix, MatrixCell, MatrixPair
from edgeconv.core.report import Gate, ParityPair
from edgeconv.profiles import ParityProfile


def gate_float(pair: ParityPair, limit: float) -> Gate:
    """A float artifact must equal its reference up to summation order."""
    return Gate(
        name=f"parity: {pair.candidate} relative error",
        passed=not pair.failure and pair.worst.relative <= limit,
        measured=pair.failure or f"{pair.worst.relative:.1e}",
        required=f"at most {limit:g} of the output's scale",
        detail=f"worst clip {pair.worst_clip}" if pair.worst_clip else "",
    )


def gate_exact(pair: ParityPair) -> Gate:
    """Parts that were cut out of a file must give what the file gives."""
    return Gate(
        name=f"parity: {pair.candidate} equals {pair.reference}",
        passed=not pair.failure and pair.worst.max_abs == 0,
        measured=pair.failure or f"{pair.worst.max_abs:.3g} apart",
        required="0 apart",
        detail=f"worst clip {pair.worst_clip}" if pair.worst_clip else "",
    )


def gate_quantized(pair: ParityPair, profile: ParityProfile) -> tuple[Gate, ...]:
    """An int8 artifact must keep the direction of the logits and not saturate."""
    asked = (
        ("cosine mean", pair.mean.cosine, profile.int8_cosine_mean, True),
        ("cosine min", pair.worst.cosine, profile.int8_cosine_min, True),
        ("saturated outputs", pair.mean.saturated, profile.max_saturated, False),
    )
    return tuple(
        Gate(
            name=f"parity: {pair.candidate} {what}",
            passed=not pair.failure and (value >= limit if at_least else value <= limit),
            measured=pair.failure or f"{value:.4f}",
            required=f"at {'least' if at_least else 'most'} {limit:g}",
            detail=f"worst clip {pair.worst_clip}" if pair.worst_clip else "",
        )
        for what, value, limit, at_least in asked
    )


def gate_matrix(matrix: Matrix) -> Iterator[Gate]:
    """One gate per runtime: each of its cells against all cells before it that passed, so that one that is wrong does
    not fail those behind it."""
    sound: list[int] = []
    judged: dict[str, list[tuple[MatrixCell, MatrixPair | None]]] = {}
    for place, cell in enumerate(matrix.cells):
        pairs = [p for other in sound if (p := matrix.pair(other, place))]
        worst = max(pairs, key=lambda p: (p.apart - p.limit, p.apart), default=None)
        judged.setdefault(cell.runtime, []).append((cell, worst))
        if not cell.failure and all(p.passed for p in pairs):
            sound.append(place)
    for runtime, found in judged.items():
        wrong = [(c, p) for c, p in found if c.failure or (p and not p.passed)]
        if not wrong and not any(p for _, p in found):
            continue  # nothing before it to be compared with
        told = wrong or [max(found, key=lambda f: f[1].apart if f[1] else -1.0)]
        yield Gate(
            name=f"parity matrix: {matrix.file} in {runtime}",
            passed=not wrong,
            measured="; ".join(_told(matrix, cell, pair) for cell, pair in told),
            required=f"{len(found)} cells, each as near to the others as stated",
            detail="; ".join(dict.fromkeys(matrix.why[p.expected] for _, p in wrong if p)),
        )


def _told(matrix: Matrix, cell: MatrixCell, pair: MatrixPair | None) -> str:
    if cell.failure:
        return f"{cell.name}: {cell.failure}"
    if pair is None:
        return f"{cell.name}: the first"
    allowed = f"{pair.limit:.2g} expected" if pair.limit else "equality expected"
    return f"{cell.name}: {pair.apart:.2g} {matrix.unit} from {matrix.cells[pair.first].name}, {allowed}"
