"""Strips against frames on a CPU, in turns; and how long `edgeconv check` takes."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import latency
import strip_files
from conv3d_speed import load
from results import CheckCost, StripSpeed

from edgeconv.profiles import load_profile

PLAN = latency.Plan(rounds=5, patience=20)
"""For each network."""
CHECKED = "eco-lite-3d"
"""Its int8 file has 38 MB."""
TARGETS = ("tflite", "coral", "ethos-u55-256", "ethos-u55-256@4.5")
REPEATS = 5


def measure(name: str, cache: Path) -> StripSpeed:
    """One network in LiteRT, both files in one process; they are made where `strip` has not made them."""
    strips = strip_files.strip_name(load_profile("tflite").gaps)
    folder, _ = strip_files.files(name, cache)
    runners = {key: load(folder / f"{key}.tflite") for key in (strip_files.FRAMES, strips)}
    rounds = latency.rounds(runners, PLAN)
    times = {key: [r.times[key] for r in rounds] for key in runners}
    return StripSpeed(
        gaps=strips,
        others_percent=round(100 * statistics.fmean(r.others for r in rounds), 1),
        frames_ms=round(statistics.median(times[strip_files.FRAMES]), 1),
        strip_ms=round(statistics.median(times[strips]), 1),
        slower=latency.ratio(times[strips], times[strip_files.FRAMES]),
    )


def check(cache: Path) -> CheckCost:
    """`edgeconv check` of a large file for several devices, process start included."""
    file = strip_files.files(CHECKED, cache)[0] / f"{strip_files.FRAMES}.tflite"
    options = [word for target in TARGETS for word in ("-t", target)]
    taken, used = [], []
    for _ in range(REPEATS):
        start, cpu = time.perf_counter(), _cpu_seconds()
        subprocess.run(
            [sys.executable, "-m", "edgeconv", "check", str(file), *options], check=True, stdout=subprocess.DEVNULL
        )
        taken.append(time.perf_counter() - start)
        used.append(_cpu_seconds() - cpu)
    return CheckCost(
        megabytes=round(file.stat().st_size / 1e6, 1),
        targets=TARGETS,
        seconds=round(min(taken), 2),
        cpu_seconds=round(statistics.median(used), 2),
    )


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
