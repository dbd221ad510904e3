"""Seconds and memory of lowering alone, from the exported ONNX file to the 4D one, for every network of the zoo."""

from __future__ import annotations

import sys
from pathlib import Path

from conditions import Watch
from results import LoweringCost, Lowerings

TESTS = Path(__file__).resolve().parents[1] / "tests"
REPEATS = 3
"""Processes; the quickest counts, because nothing but other processes makes one slower."""


def measure(cache: Path) -> Lowerings:
    """Lower every network in processes of its own; the exports come from the cache of `make zoo`.

    Raises:
        RuntimeError: a network could not be exported.
    """
    sys.path.insert(0, str(TESTS))
    from edgeconv.core.child import call_once
    from zoo.catalog import NETWORKS
    from zoo.findings import Cost
    from zoo.running import prepared

    jobs = [prepared(network, cache) for network in NETWORKS]
    watch = Watch()
    found = {}
    for job in jobs:
        runs = [call_once("lowering", "zoo.lowering4d:cost", job, Cost).value for _ in range(REPEATS)]
        best = min(runs, key=lambda r: r.seconds)
        found[job.name] = LoweringCost(
            seconds=round(best.seconds, 2),
            mebibytes=round(max(r.mebibytes for r in runs), 1),
            model_mebibytes=round(best.model_mebibytes, 3),
        )
        print(f"{job.name}: {found[job.name]}", flush=True)
    return Lowerings(conditions=watch.conclude(), networks=found)
