"""How far one array of outputs lies from another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgeconv.core.layout import Array
from edgeconv.core.report import Metrics, ParityPair

CAP_DB = 300.0
"""Stands for 'no difference'."""


def measure(reference: Array, candidate: Array, saturated: float = 0.0, scale: float = 0.0) -> Metrics:
    """Metrics of one clip; the last axis is taken as classes for top-1 and top-5.

    `scale` is the largest magnitude of the reference over all clips (at least that of this one).
    """
    a, b = reference.astype(np.float64).reshape(-1), candidate.astype(np.float64).reshape(-1)
    if a.shape != b.shape:
        raise ValueError(f"outputs of shape {reference.shape} and {candidate.shape} cannot be compared")
    error = np.abs(a - b)
    noise, signal = float(error @ error), float(a @ a)
    norms = float(np.sqrt(signal * float(b @ b)))
    k = min(5, a.size)
    top_a, top_b = set(np.argsort(-a, kind="stable")[:k]), set(np.argsort(-b, kind="stable")[:k])
    return Metrics(
        max_abs=float(error.max()),
        relative=float(error.max() / max(scale, float(np.abs(a).max()), 1e-12)),
        cosine=float(a @ b) / norms if norms > 0 else float(signal == noise == 0),
        sqnr_db=min(CAP_DB, 10 * np.log10(signal / noise))
        if noise > 0 and signal > 0
        else (CAP_DB if noise == 0 else 0.0),
        top1=float(np.argmax(a) == np.argmax(b)),
        top5=len(top_a & top_b) / k,
        saturated=saturated,
    )


_HIGHER_IS_WORSE = ("max_abs", "relative", "saturated")


def pair(
    reference: str,
    candidate: str,
    names: Sequence[str],
    expected: Array,
    got: Array,
    saturated: Sequence[float] = (),
) -> ParityPair:
    """Compare clip by clip; [clips, ...] each."""
    broken = [n for n, *both in zip(names, expected, got, strict=True) if not np.isfinite(both).all()]
    if broken:
        return failed_pair(reference, candidate, f"NaN or infinite values on {', '.join(broken)}")
    shares = saturated or [0.0] * len(names)
    scale = float(np.abs(expected).max())
    clips = {n: measure(expected[i], got[i], shares[i], scale) for i, n in enumerate(names)}
    fields = Metrics.model_fields
    mean = {f: float(np.mean([getattr(m, f) for m in clips.values()])) for f in fields}
    worst = {f: (max if f in _HIGHER_IS_WORSE else min)(getattr(m, f) for m in clips.values()) for f in fields}
    return ParityPair(
        reference=reference,
        candidate=candidate,
        mean=Metrics(**mean),
        worst=Metrics(**worst),
        worst_clip=min(clips, key=lambda n: clips[n].cosine),
        clips=clips,
    )


def failed_pair(reference: str, candidate: str, failure: str) -> ParityPair:
    """A candidate that gave no numbers."""
    nothing = Metrics(max_abs=0, relative=0, cosine=0, sqnr_db=0, top1=0, top5=0, saturated=0)
    return ParityPair(
        reference=reference,
        candidate=candidate,
        mean=nothing,
        worst=nothing,
        worst_clip="",
        clips={},
        failure=failure,
    )
