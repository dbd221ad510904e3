"""Which tensors to try first."""

from __future__ import annotations

from collections.abc import Sequence

from edgeconv.core.drift import DriftPoint


def added_noise(point: DriftPoint) -> float:
    """What an operator adds to the noise of its worst input, as a share of the signal (powers).

    Rounding errors are nearly independent, so their powers add up, and layers carry a relative error on about as it
    is: what an operator adds is about what the outputs would be spared without it. An operator that loses 20 dB of 80
    adds less than one that loses 1 dB of 10.
    """
    after = 10 ** (-point.sqnr_db / 10)
    before = 10 ** (-(point.sqnr_db + max(point.lost_db, 0.0)) / 10)
    return after - before


def ranked(points: Sequence[DriftPoint]) -> tuple[str, ...]:
    """Names of the tensors whose operators add noise, those first that add most."""
    noisy = [(added_noise(point), point.tensor) for point in points]
    return tuple(name for noise, name in sorted(noisy, key=lambda n: (-n[0], n[1])) if noise > 0)
