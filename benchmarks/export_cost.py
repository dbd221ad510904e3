"""What a default export costs: wall seconds, and peak memory of the whole process tree."""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path

import watched
from conditions import CALM, Watch, wait_for_calm
from results import ExportCost, Exports, StageCost
from subjects import MODELS


def measure(bundles: Path, calibration: Path | None = None, patience: float = 0) -> Exports:
    """Export every built-in model into `bundles`, one after the other, each after a calm moment.

    Args:
        patience: seconds that may be spent, for all of them, on waiting for it.

    Raises:
        RuntimeError: an export wrote no bundle; its last words are told.
    """
    bundles.mkdir(parents=True, exist_ok=True)
    watch = Watch()
    costs = {}
    for model in MODELS:
        patience = wait_for_calm(CALM, patience)
        costs[model] = _export(model, bundles, calibration)
    others = statistics.fmean(c.others_percent for c in costs.values()) / 100
    return Exports(conditions=watch.conclude(others), models=costs)


def _export(model: str, bundles: Path, calibration: Path | None) -> ExportCost:
    out, log = bundles / model, bundles / f"{model}.log"
    print(f"exporting {model}", flush=True)
    command = [sys.executable, "-m", "edgeconv", "export", model, "--target", "tflite", "--out", str(out)]
    command += ["--calibration", str(calibration)] if calibration else []
    (out / "timings.json").unlink(missing_ok=True)
    watch = Watch()
    done = watched.run(command, log=log)
    others = watch.others()
    if not (out / "timings.json").is_file():
        words = log.read_text(encoding="utf-8", errors="replace").splitlines()[-12:]
        raise RuntimeError(f"the export of {model} ended with status {done.status}:\n" + "\n".join(words))
    timings = json.loads((out / "timings.json").read_text(encoding="utf-8"))
    return ExportCost(
        seconds=done.seconds,
        cpu_seconds=done.cpu_seconds,
        peak_gb=done.peak_gb,
        others_percent=round(100 * others, 1),
        passed=json.loads((out / "manifest.json").read_text(encoding="utf-8"))["passed"],
        stages=tuple(StageCost(name=s["name"], seconds=s["seconds"]) for s in timings["stages"]),
    )
