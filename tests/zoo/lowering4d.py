"""Child: load, lower to 4D ONNX (this alone is timed), and compare with the exported file."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from edgeconv import inspection, lowering
from edgeconv.core.errors import EdgeconvError
from zoo.catalog import network
from zoo.comparing import Array, laid, relative, run_onnx, unlaid
from zoo.exporting_options import OPSET
from zoo.findings import Job, Lowered


def run(job: Job) -> Lowered:
    folder = Path(job.folder)
    lowering.load_graph  # noqa: B018 - imported before the clock runs
    before, start = _peak_mib(), time.perf_counter()
    try:
        trace = lower(folder / "original.onnx", folder / "lowered.onnx", network(job.name).layout)
    except EdgeconvError as refused:
        return Lowered(refused=refused.reasons or (refused.message,))
    seconds, peak = time.perf_counter() - start, _peak_mib() - before
    summary = inspection.inspect_file(folder / "lowered.onnx")
    worst = 0.0
    for clip, wanted in samples(folder):
        fed = [laid(p, a) for p, a in zip(trace.inputs, clip, strict=True)]
        got = run_onnx(folder / "lowered.onnx", fed, job.threads)
        worst = max(worst, *(relative(unlaid(p, g), w) for p, g, w in zip(trace.outputs, got, wanted, strict=True)))
    return Lowered(
        operators=len(summary.ops),
        max_rank=summary.max_rank,
        transposes=tuple(trace.transposes),
        seconds=seconds,
        mebibytes=peak,
        relative=worst,
    )


def lower(source: Path, target: Path, layout: str) -> lowering.Trace:
    graph = lowering.load_graph(source)
    lowering.fold_batch_norms(graph)
    backend = lowering.OnnxBackend(OPSET)
    trace = lowering.lower(graph, backend, layouts(graph, layout))
    backend.save(target)
    return trace


def layouts(graph: lowering.SourceGraph, layout: str) -> Mapping[str, str]:
    return dict.fromkeys(graph.inputs, layout)


def samples(folder: Path) -> list[tuple[list[Array], list[Array]]]:
    """Inputs and the exported file's answers, clip by clip."""
    inputs = [np.load(p, mmap_mode="r") for p in sorted(folder.glob("input*.npy"))]
    outputs = [np.load(p, mmap_mode="r") for p in sorted(folder.glob("output*.npy"))]
    return [([np.array(a[i]) for a in inputs], [np.array(a[i]) for a in outputs]) for i in range(len(inputs[0]))]


def _peak_mib() -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024
