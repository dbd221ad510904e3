"""Our exact int8 files against the float CONV_3D files of TensorFlow's converter, network by network, in turns."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import latency
import numpy as np
import peer_conv3d
from conditions import Watch
from lowering_cost import TESTS
from results import Conv3dSpeed, Conv3dSpeeds

PLAN = latency.Plan(rounds=7, patience=60)
"""For each network."""
R50 = ((1, 3, 8, 112, 112),)
SHAPES: dict[str, tuple[tuple[int, ...], ...]] = {
    "r3d_18": ((1, 3, 16, 112, 112),),
    "mc3_18": ((1, 3, 16, 112, 112),),
    "r2plus1d_18": ((1, 3, 16, 112, 112),),
    "s3d": ((1, 3, 16, 128, 128),),
    "x3d_s": ((1, 3, 13, 160, 160),),
    "slow_r50": R50,
    "slowfast_r50": ((1, 3, 8, 112, 112), (1, 3, 32, 112, 112)),
    "i3d_r50": R50,
    "c2d_r50": R50,
    "csn_r101": R50,
    "r2plus1d_r50": R50,
    "densenet121_3d": ((1, 1, 32, 96, 128),),
    "c3d": ((1, 3, 16, 112, 112),),
    "i3d_inception": ((1, 3, 16, 128, 128),),
    "eco_lite_3d": ((1, 3, 16, 224, 224),),
}
"""Nearer to what they are used with than the zoo's clips."""


def measure(cache: Path, names: tuple[str, ...] = ()) -> Conv3dSpeeds:
    """Export, quantize, make the peer's file, and time both; what has no peer is told with the reason."""
    sys.path.insert(0, str(TESTS))
    from zoo.catalog import network

    watch = Watch()
    found: dict[str, Conv3dSpeed] = {}
    skipped: dict[str, str] = {}
    disturbed = []
    for name, shapes in SHAPES.items():
        if names and name not in names:
            continue
        folder = cache / "conv3d"
        files = _files(replace(network(name), shapes=shapes), folder, skipped)
        if files is None:
            print(f"{name}: skipped, {skipped[name]}", flush=True)
            continue
        runners = {key: load(file) for key, file in files.items()}
        rounds = latency.rounds(runners, PLAN)
        disturbed += [r.others for r in rounds]
        times = {key: [r.times[key] for r in rounds] for key in runners}
        found[name] = Conv3dSpeed(
            clip=" + ".join("×".join(map(str, s[2:])) for s in shapes),
            ours_ms=round(statistics.median(times["ours"]), 1),
            peer_ms=round(statistics.median(times["peer"]), 1),
            faster=latency.ratio(times["peer"], times["ours"]),
        )
        print(f"{name}: {found[name]}", flush=True)
    return Conv3dSpeeds(
        conditions=watch.conclude(statistics.fmean(disturbed) if disturbed else None),
        threads=latency.THREADS,
        rounds=PLAN.rounds,
        networks=found,
        skipped=skipped,
    )


def _files(network: Any, cache: Path, skipped: dict[str, str]) -> dict[str, Path] | None:
    """Ours and the peer's; None, with the reason noted, where there is no peer."""
    from edgeconv.core.child import call_once
    from zoo.criteria import EXACT
    from zoo.findings import Converted
    from zoo.running import prepared

    folder = cache / network.name
    made = folder / "int8.tflite"
    job = prepared(network, cache)
    if not made.is_file() or made.stat().st_mtime < (folder / "original.onnx").stat().st_mtime:
        done = call_once("TFLite", "zoo.emitting:run", job, Converted).value
        refused = done.emitted.refused or (done.quantized.refused if done.quantized else ())
        if refused or done.emitted.relative > 10 * EXACT:
            raise RuntimeError(f"{network.name} is off by {done.emitted.relative:.1e}, or refused: {refused}")
    peer = folder / "peer" / "conv3d_fp32.tflite"
    reason = peer_conv3d.convert(folder, peer)
    if reason is not None:
        skipped[network.name] = reason
        return None
    return {"ours": made, "peer": peer}


def load(file: Path) -> latency.Runner:
    """Fed once with noise: the kernels' time does not depend on it."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(file), num_threads=latency.THREADS)
    interpreter.allocate_tensors()
    random = np.random.default_rng(0)
    for detail in interpreter.get_input_details():
        shape = detail["shape"]
        if detail["dtype"] == np.int8:
            value = random.integers(-128, 128, shape, np.int8)
        else:
            value = random.standard_normal(shape).astype(np.float32)
        interpreter.set_tensor(detail["index"], value)
    run: Callable[[], object] = interpreter.invoke
    run()
    return latency.Runner(lambda _: None, run, lambda: np.zeros(0))
