"""Thresholds of the profile against what was measured."""

from __future__ import annotations

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
