"""Child: load, lower to 4D ONNX (this alone is timed), and compare with the exported file."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from edgeconv import inspection, layerwise
from edgeconv.core.errors import EdgeconvError
from edgeconv.lowering.registry import load_rules
from edgeconv.steps.lower_file import LoweredFile, LowerFileRequest, lower_file
from zoo.catalog import Network, network
from zoo.comparing import Array, laid, relative, run_onnx, unlaid
from zoo.exporting_options import OPSET
from zoo.findings import Cost, Job, Lowered


def run(job: Job) -> Lowered:
    """Lower, and hold every layer and output against the exported file's."""
    folder, wanted = Path(job.folder), network(job.name, job.shapes)
    try:
        lowered, seconds, mebibytes = measured(folder, wanted)
    except EdgeconvError as refused:
        return Lowered(refused=refused.reasons or (refused.message,))
    file = folder / "lowered.onnx"
    summary = inspection.inspect_file(file)
    compared = layerwise.compare_layers(
        layerwise.LayersRequest(
            original=folder / "original.onnx",
            lowered=file,
            delivered=file,
            counterparts=lowered.counterparts,
            merged=lowered.merged,
            inputs=lowered.inputs,
            outputs=lowered.outputs,
            samples=1,
            threads=job.threads,
        )
    ).value
    return Lowered(
        operators=len(summary.ops),
        max_rank=summary.max_rank,
        transposes=lowered.transposes,
        seconds=seconds,
        mebibytes=mebibytes,
        relative=outputs_differ(folder, lowered, job.threads),
        layers=compared.compared,
        worst=compared.worst.relative if compared.worst else 0.0,
        culprits=(
            *(f"{c.op} '{c.value}': {c.relative:.1e}" for c in compared.culprits),
            *filter(None, [compared.died]),
        ),
    )


def cost(job: Job) -> Cost:
    """Of the lowering alone; the exported file is there already."""
    _, seconds, mebibytes = measured(Path(job.folder), network(job.name, job.shapes))
    size = (Path(job.folder) / "original.onnx").stat().st_size
    return Cost(seconds=seconds, mebibytes=mebibytes, model_mebibytes=size / 2**20)


def measured(folder: Path, wanted: Network) -> tuple[LoweredFile, float, float]:
    """The lowered file, the seconds it took, and the MiB it took above a process that has imported everything."""
    load_rules()
    request = LowerFileRequest(
        source=folder / "original.onnx",
        target=folder / "lowered.onnx",
        opset=OPSET,
        layouts={f"clip{i}": wanted.layout for i in range(len(wanted.shapes))},
    )
    before, start = _peak_mib(), time.perf_counter()
    lowered = lower_file(request)
    return lowered, time.perf_counter() - start, _peak_mib() - before


def outputs_differ(folder: Path, lowered: LoweredFile, threads: int) -> float:
    """On inputs of the network's own kind."""
    worst = 0.0
    for clip, wanted in samples(folder):
        fed = [laid(p, a) for p, a in zip(lowered.inputs, clip, strict=True)]
        got = run_onnx(folder / "lowered.onnx", fed, threads)
        worst = max(worst, *(relative(unlaid(p, g), w) for p, g, w in zip(lowered.outputs, got, wanted, strict=True)))
    return worst


def samples(folder: Path) -> list[tuple[list[Array], list[Array]]]:
    """Inputs and the exported file's answers, clip by clip."""
    inputs = [np.load(p, mmap_mode="r") for p in sorted(folder.glob("input*.npy"))]
    outputs = [np.load(p, mmap_mode="r") for p in sorted(folder.glob("output*.npy"))]
    return [([np.array(a[i]) for a in inputs], [np.array(a[i]) for a in outputs]) for i in range(len(inputs[0]))]


def _peak_mib() -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024
