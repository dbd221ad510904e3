"""How near the int8 models come to PyTorch in float32, as the reports of the exports say."""

from __future__ import annotations

import statistics
from pathlib import Path

from results import Accuracy, Agreement, Conditions
from subjects import MODELS

from edgeconv.core.report import ParityPair, Report


def collect(bundles: Path, conditions: Conditions) -> Accuracy:
    """Read report.json of every bundle that an export left.

    Raises:
        RuntimeError: an int8 file gave no numbers in a runtime.
    """
    reports = {m: Report.model_validate_json((bundles / m / "report.json").read_bytes()) for m in MODELS}
    first = next(iter(reports.values()))
    origins = {s.role: f"{len(s.clips)} clips, {_origin(s.origin, s.synthetic)}" for s in first.clip_sets}
    return Accuracy(
        conditions=conditions,
        calibration=origins["calibration"],
        verification=origins["verification"],
        weights=first.source.weights,
        models={m: tuple(map(_agreement, _int8(r))) for m, r in reports.items()},
    )


def _origin(origin: str, synthetic: bool) -> str:
    return origin if synthetic else "real videos"


def _int8(report: Report) -> list[ParityPair]:
    return [p for p in report.parity if p.candidate.startswith("int8 TFLite") and p.reference == "PyTorch"]


def _agreement(pair: ParityPair) -> Agreement:
    if pair.failure:
        raise RuntimeError(f"{pair.candidate}: {pair.failure}")
    cosines = {name: m.cosine for name, m in pair.clips.items()}
    worst = min(cosines, key=lambda name: cosines[name])
    return Agreement(
        runtime=pair.candidate.partition("(")[2].rstrip(")"),
        clips=len(cosines),
        cosine_mean=statistics.fmean(cosines.values()),
        cosine_min=cosines[worst],
        worst_clip=worst,
    )
