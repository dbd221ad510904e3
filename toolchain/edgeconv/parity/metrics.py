"""How far one array of outputs lies from another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgeconv.core.layout import Array
from edgeconv.core.report import Metrics, ParityPair

CAP_DB = 300.0
"""Stands for 'no difference'."""


def measure(reference: Array, candidate: Array, saturated: float = 0.0, scale: float = 0.0) -> Metrics:
    """Metrics of one clip; an output [N, classes] has a top-1 and a top-5 as well, the mean of its N.

    `scale` is the largest magnitude of the reference over all clips (at least that of this one).
    """
    a, b = reference.astype(np.float64).reshape(-1), candidate.astype(np.float64).reshape(-1)
    if a.shape != b.shape:
        raise ValueError(f"outputs of shape {reference.shape} and {candidate.shape} cannot be compared")
    error = np.abs(a - b)
    noise, signal = float(error @ error), float(a @ a)
    norms = float(np.sqrt(signal * float(b @ b)))
    top1, top5 = _top(reference, candidate.reshape(reference.shape)) if reference.ndim == 2 else (None, None)
    return Metrics(
        max_abs=float(error.max()),
        relative=float(error.max() / max(scale, float(np.abs(a).max()), 1e-12)),
        cosine=float(a @ b) / norms if norms > 0 else float(signal == noise == 0),
        sqnr_db=min(CAP_DB, 10 * np.log10(signal / noise))
        if noise > 0 and signal > 0
        else (CAP_DB if noise == 0 else 0.0),
        top1=top1,
        top5=top5,
        saturated=saturated,
    )


def _top(reference: Array, candidate: Array) -> tuple[float, float]:
    """Share of rows with the same first class, and mean overlap of their first five."""
    k = min(5, reference.shape[1])
    first = [np.argsort(-rows.astype(np.float64), axis=1, kind="stable")[:, :k] for rows in (reference, candidate)]
    overlaps = [len({*a} & {*b}) / k for a, b in zip(*first, strict=True)]
    return float(np.mean(first[0][:, 0] == first[1][:, 0])), float(np.mean(overlaps))


_HIGHER_IS_WORSE = ("max_abs", "relative", "saturated")


def pair(
    reference: str,
    candidate: str,
    names: Sequence[str],
    expected: Sequence[Array],
    got: Sequence[Array],
    saturated: Sequence[float] = (),
    outputs: Sequence[str] = (),
) -> ParityPair:
    """Compare clip by clip and output by output; `expected` and `got` hold one array [clips, ...] per output.

    The metrics of a clip are the worst over its outputs, so that no output hides behind another.
    """
    broken = [n for i, n in enumerate(names) if not all(np.isfinite(o[i]).all() for o in (*expected, *got))]
    if broken:
        return failed_pair(reference, candidate, f"NaN or infinite values on {', '.join(broken)}")
    shares = saturated or [0.0] * len(names)
    by_output = [_by_clip(e, g, shares) for e, g in zip(expected, got, strict=True)]
    clips = {n: _worst([metrics[i] for metrics in by_output]) for i, n in enumerate(names)}
    several = len(by_output) > 1
    return ParityPair(
        reference=reference,
        candidate=candidate,
        mean=_mean(list(clips.values())),
        worst=_worst(list(clips.values())),
        worst_clip=min(clips, key=lambda n: clips[n].cosine),
        clips=clips,
        outputs={n: _worst(m) for n, m in zip(outputs, by_output, strict=True)} if several else {},
    )


def _by_clip(expected: Array, got: Array, shares: Sequence[float]) -> list[Metrics]:
    scale = float(np.abs(expected).max())
    return [measure(e, g, share, scale) for e, g, share in zip(expected, got, shares, strict=True)]


def _columns(metrics: Sequence[Metrics]) -> dict[str, list[float]]:
    """The values of every field; those that are not measured (top-1 of a mask) are left out."""
    columns = {f: [v for m in metrics if (v := getattr(m, f)) is not None] for f in Metrics.model_fields}
    return {f: values for f, values in columns.items() if values}


def _mean(metrics: Sequence[Metrics]) -> Metrics:
    return Metrics(**{f: float(np.mean(values)) for f, values in _columns(metrics).items()})


def _worst(metrics: Sequence[Metrics]) -> Metrics:
    columns = _columns(metrics).items()
    return Metrics(**{f: (max if f in _HIGHER_IS_WORSE else min)(values) for f, values in columns})


def failed_pair(reference: str, candidate: str, failure: str) -> ParityPair:
    """A candidate that gave no numbers."""
    nothing = Metrics(max_abs=0, relative=0, cosine=0, sqnr_db=0, saturated=0)
    return ParityPair(
        reference=reference,
        candidate=candidate,
        mean=nothing,
        worst=nothing,
        worst_clip="",
        clips={},
        failure=failure,
    )
