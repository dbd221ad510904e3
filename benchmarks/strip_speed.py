"""Strips against frames on a CPU, network by network, in turns; and how long `edgeconv check` takes."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

import latency
import strip_files
from conditions import Watch
from conv3d_speed import load
from results import CheckCost, StripSpeed, StripSpeeds
from strip_networks import SUBJECTS

from edgeconv.profiles import load_profile

PLAN = latency.Plan(rounds=9, patience=20)
"""For each network."""
CHECKED = "eco-lite-3d"
"""Its int8 file has 38 MB."""
TARGETS = ("tflite", "coral", "ethos-u55-256", "ethos-u55-256@4.5")
REPEATS = 5


def measure(cache: Path) -> StripSpeeds:
    """LiteRT in one process per network; the files are made where `strip` has not made them."""
    strips = strip_files.strip_name(load_profile("tflite").gaps)
    watch, disturbed, found = Watch(), [], {}
    for name in SUBJECTS:
        folder, _ = strip_files.files(name, cache)
        runners = {key: load(folder / f"{key}.tflite") for key in (strip_files.FRAMES, strips)}
        rounds = latency.rounds(runners, PLAN)
        disturbed += [r.others for r in rounds]
        times = {key: [r.times[key] for r in rounds] for key in runners}
        found[name] = StripSpeed(
            frames_ms=round(statistics.median(times[strip_files.FRAMES]), 1),
            strip_ms=round(statistics.median(times[strips]), 1),
            slower=latency.ratio(times[strips], times[strip_files.FRAMES]),
        )
        print(f"{name}: {found[name]}", flush=True)
    return StripSpeeds(
        conditions=watch.conclude(statistics.fmean(disturbed)),
        threads=latency.THREADS,
        rounds=PLAN.rounds,
        gaps=strips,
        networks=found,
        check=_check(strip_files.files(CHECKED, cache)[0] / f"{strip_files.FRAMES}.tflite"),
    )


def _check(file: Path) -> CheckCost:
    """`edgeconv check` of a file for several devices, process start included."""
    options = [word for target in TARGETS for word in ("-t", target)]
    taken = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "edgeconv", "check", str(file), *options], check=True, stdout=subprocess.DEVNULL
        )
        taken.append(time.perf_counter() - start)
    return CheckCost(
        megabytes=round(file.stat().st_size / 1e6, 1), targets=TARGETS, seconds=round(statistics.median(taken), 2)
    )
