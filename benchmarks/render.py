"""docs/benchmarks.md, from the results alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from goals import Goal, goals
from markup import conditions, table
from render_strips import strips
from results import Accuracy, Conv3dSpeeds, Exports, Latency, Lowerings, Results

_HEAD = """# Benchmarks

Written by `python benchmarks/run.py render` from `benchmarks/results.json`; do not edit. How to run it again:
[benchmarks/README.md](../benchmarks/README.md). All figures are of the machines named below, and what must hold
elsewhere too are the ratios, not the milliseconds.
"""


def document(results: Results) -> str:
    """The whole page."""
    parts = [_HEAD, "## Numbers to reach\n", _goals(list(goals(results)))]
    if results.latency:
        parts += ["## Latency\n", *_latency(results.latency)]
    if results.conv3d:
        parts += ["## Other people's networks against CONV_3D\n", *_conv3d(results.conv3d)]
    if results.strips:
        parts += ["## Strips against frames\n", *strips(results)]
    if results.lowerings:
        parts += ["## Cost of lowering\n", *_lowerings(results.lowerings)]
    if results.exports:
        parts += ["## Cost of a default export\n", *_exports(results)]
    if results.accuracy:
        parts += ["## Agreement of int8 with PyTorch in float32\n"]
        parts += [text for name, accuracy in results.accuracy.items() for text in _accuracy(name, accuracy)]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def _goals(found: Sequence[Goal]) -> str:
    verdict = {True: "reached", False: "**not reached**", None: "not measured"}
    rows = [
        (
            g.what,
            f"{'≥' if g.at_least else '≤'} {g.bound:g}",
            "–" if g.value is None else g.show(g.value) + (f" ({g.detail})" if g.detail else ""),
            verdict[g.reached],
        )
        for g in found
    ]
    return table(("What", "To reach", "Measured", ""), rows, 0)


def _latency(latency: Latency) -> Iterator[str]:
    versions = latency.conditions.packages
    yield (
        f"One clip of 16×224×224, {latency.threads} threads, ai-edge-litert {versions.get('ai-edge-litert', '?')}, "
        f"ONNX Runtime {versions.get('onnxruntime', '?')}. All in one process, {latency.rounds} rounds; a turn is one "
        f"untimed run and the median of {latency.repeats} timed ones. Ratios are taken within each round, and their "
        f"median is quoted; rounds that other processes disturbed were measured again. "
        f"{conditions(latency.conditions)}\n"
    )
    rows = [
        (
            c.title,
            f"{c.file_mb:.1f}",
            f"{c.median_ms:.1f}",
            f"{c.min_ms:.1f}",
            "see below" if c.cosine is None else f"{c.cosine:.4f}",
        )
        for c in latency.contenders.values()
    ]
    yield table(("Model", "File, MB", "Median, ms", "Least, ms", "Mean cosine to PyTorch"), rows, 4)
    yield (
        "TensorFlow's file has the same weights, and its float form agrees with PyTorch to 1e-5 before conversion; its "
        "converter leaves every CONV_3D in float, although full int8 is asked for. onnx2tf gets the 4D-add network as "
        "its PyTorch code exports it, frames as the batch. Both are calibrated on the clips that we calibrate on.\n"
    )
    for what, why in latency.skipped.items():
        yield f"Skipped: {what}: {why}.\n"


def _conv3d(found: Conv3dSpeeds) -> Iterator[str]:
    yield (
        f"LiteRT, {found.threads} threads. For each network both files lie in one process and take turns, "
        f"{found.rounds} rounds as above. Ours is the exact network in full int8. The peer's is float32: the network "
        "rebuilt in NDHWC with the same weights, BatchNorms folded, agreeing with the exported file to 1e-4, through "
        "TensorFlow's converter; its 3D pools are a spatial and a temporal 2D pool, because TFLite has no other. "
        "Where the CPU has no int8 dot products (avx_vnni, avx512_vnni, asimddp), int8 multiplies hardly "
        "quicker than float32, and the ratio shows only what CONV_3D wastes. "
        f"{conditions(found.conditions)}\n"
    )
    rows = [
        (n, s.clip, f"{s.ours_ms:.1f}", f"{s.peer_ms:.1f}", *(f"{v:.2f}" for v in s.faster.in_order))
        for n, s in found.networks.items()
    ]
    head = ("Network", "Clip", "Ours, ms", "CONV_3D, ms", "Times faster", "Quartile", "Quartile", "Of the least times")
    yield table(head, rows, 6)
    for name, why in found.skipped.items():
        yield f"{name} has no peer: {why}.\n"


def _lowerings(found: Lowerings) -> Iterator[str]:
    yield (
        "From the exported ONNX file to the 4D one, without export and verification; the quickest of three processes, "
        f"and the largest memory above that of the started process. {conditions(found.conditions)}\n"
    )
    rows = [
        (
            n,
            f"{c.seconds:.2f}",
            f"{c.model_mebibytes:.1f}",
            f"{c.mebibytes:.1f}",
            f"{c.mebibytes / c.model_mebibytes:.1f}",
        )
        for n, c in found.networks.items()
    ]
    yield table(("Network", "Seconds", "Model, MiB", "Memory, MiB", "Memory over model"), rows, 4)


def _exports(results: Results) -> Iterator[str]:
    exports = results.exports
    assert exports is not None
    yield (
        "`edgeconv export MODEL --target tflite --out OUT`: 16×224×224, 8 synthetic clips to calibrate on and 8 to "
        "verify with, everything proven. Memory is the peak of the resident memory of the whole process tree, summed "
        f"every 50 ms (shared pages count in every process). {conditions(exports.conditions)}\n"
    )
    rows = [
        (
            model,
            "yes" if c.passed else "no",
            f"{c.others_percent:.0f} %",
            f"{c.cpu_seconds:.1f}",
            f"{c.seconds:.1f}",
            f"{c.peak_gb:.2f}",
        )
        for model, c in exports.models.items()
    ]
    if results.peers:
        yield (
            "A peer's row is the run that filled the cache, up to its int8 file, however busy the machine was then; it "
            "proves nothing of what it made.\n"
        )
    rows += [(what, "–", "–", "–", f"{c.seconds:.1f}", f"{c.peak_gb:.2f}") for what, c in results.peers.items()]
    yield table(("Model", "All gates passed", "Others used", "CPU, s", "Wall, s", "Peak, GB"), rows, 4)
    yield _stages(exports)


def _stages(exports: Exports) -> str:
    """Seconds per stage, one column per model; what no stage accounts for is start-up."""
    columns = {m: {s.name: s.seconds for s in c.stages} for m, c in exports.models.items()}
    names = list(dict.fromkeys(name for column in columns.values() for name in column))
    rows = [(name, *(f"{c[name]:.1f}" if name in c else "–" for c in columns.values())) for name in names]
    rest = [f"{exports.models[m].seconds - sum(c.values()):.1f}" for m, c in columns.items()]
    return table(("Stage, s", *columns), [*rows, ("start-up and rest", *rest)], len(columns))


def _accuracy(name: str, accuracy: Accuracy) -> Iterator[str]:
    yield f"### On {name} clips\n"
    yield (
        f"Calibrated on {accuracy.calibration}; verified with {accuracy.verification}. Weights: {accuracy.weights}. "
        f"{accuracy.conditions.date}.\n"
    )
    rows = [
        (model, a.runtime, f"{a.cosine_mean:.4f}", f"{a.cosine_min:.4f}")
        for model, agreements in accuracy.models.items()
        for a in agreements
    ]
    yield table(("Model", "Runtime", "Mean cosine", "Least cosine"), rows, 2)
