"""Child: float TFLite, and full int8 from it, each run in LiteRT and compared with the exported file."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from edgeconv import inspection, lowering, runtimes, targets, tflite
from edgeconv.core.errors import EdgeconvError
from edgeconv.core.report import OpVerdict
from edgeconv.steps.quantizing import _patches
from zoo.catalog import network
from zoo.comparing import Array, cosine, relative, unlaid
from zoo.findings import Converted, Emitted, Job, Quantized
from zoo.lowering4d import samples


def run(job: Job) -> Converted:
    """Both files, or the reasons why not."""
    file = Path(job.folder) / "fp32.tflite"
    try:
        graph, trace = emit(job)
        file.write_bytes(tflite.write(graph, "zoo"))
    except EdgeconvError as refused:
        return Converted(emitted=Emitted(refused=refused.reasons or (refused.message,)))
    summary = inspection.inspect_file(file)
    answers = run_lite(file, job, trace)
    emitted = Emitted(
        operators=len(summary.ops),
        max_rank=summary.max_rank,
        transposes=tuple(trace.transposes),
        in_file=summary.count("TRANSPOSE"),
        relative=max(relative(g, w) for got, want in answers for g, w in zip(got, want, strict=True)),
    )
    return Converted(emitted=emitted, quantized=quantize(job, graph, trace) if job.int8 else None)


def quantize(job: Job, graph: tflite.Graph, trace: lowering.Trace) -> Quantized:
    """Full int8; the first half of the clips calibrates, the second is held out."""
    folder = Path(job.folder)
    file = folder / "int8.tflite"
    half = job.clips // 2
    feeds = []
    for i, port in enumerate(trace.inputs):
        np.save(folder / f"calibration{i}.npy", np.load(folder / f"input{i}.npy")[:half])
        feeds.append(runtimes.Feed(clips=folder / f"calibration{i}.npy", perm=port.perm, physical=port.physical))
    try:
        moments = folder / "moments.npz"
        request = runtimes.RangesRequest(
            model=folder / "fp32.tflite",
            feeds=tuple(feeds),
            tensors=tflite.measured_tensors(graph),
            patches=_patches(graph),
            moments=moments,
            threads=job.threads,
        )
        stats = runtimes.tensor_ranges(request).value.stats
        ranges = tflite.chosen_ranges(graph, stats)
        ranges |= {n: (stats[n].low, stats[n].high) for n in graph.inputs}
        with np.load(moments) as arrays:
            seen = tflite.read_moments(dict(arrays))
        made = tflite.quantize(graph, tflite.complete_ranges(graph, ranges), tflite.Recipe(), seen)
        file.write_bytes(tflite.write(made, "zoo"))
    except EdgeconvError as refused:
        return Quantized(refused=refused.reasons or (refused.message,))
    summary = inspection.inspect_file(file)
    agree = [cosine(got[0], want[0]) for got, want in run_lite(file, job, trace)[half:]]
    coverage = targets.check(summary, "tflite")
    return Quantized(
        operators=len(summary.ops),
        floats=sum(t.dtype.startswith("float") for t in summary.tensors),
        transposes=summary.count("TRANSPOSE"),
        partitions=runtimes.count_partitions(file, job.threads).value.partitions or 0,
        breaks=dict(sorted(Counter(_why(o) for o in coverage.ops if o.verdict != "accelerated").items())),
        cosine=float(np.mean(agree)),
        cosine_min=min(agree),
        megabytes=file.stat().st_size / 1e6,
    )


def _why(verdict: OpVerdict) -> str:
    """Operator and the constraints that it fails, without what was measured of this one."""
    return f"{verdict.op}: {' '.join(r.partition(' Here: ')[0] for r in verdict.reasons)}"


def emit(job: Job) -> tuple[tflite.Graph, lowering.Trace]:
    """As the road's own step `convert` does it."""
    graph = lowering.load_graph(Path(job.folder) / "original.onnx")
    lowering.fold_batch_norms(graph)
    lowering.equalize_channels(graph)
    lowering.merge_gelus(graph)
    backend = tflite.TfliteBackend()
    trace = lowering.lower(graph, backend, dict.fromkeys(graph.inputs, network(job.name, job.shapes).layout))
    tflite.optimize(backend.graph)
    return backend.graph, trace


def run_lite(file: Path, job: Job, trace: lowering.Trace) -> list[tuple[list[Array], list[Array]]]:
    """What LiteRT gives and what is wanted, in logical shapes, clip by clip."""
    from edgeconv.runtimes.tflite import dequantize, open_interpreter, quantize_input

    interpreter: Any = open_interpreter("litert", file, job.threads)
    inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    found = []
    for clip, wanted in samples(Path(job.folder)):
        for detail, port, array in zip(inputs, trace.inputs, clip, strict=True):
            laid = np.ascontiguousarray(array.transpose(port.perm)).reshape(port.physical)
            interpreter.set_tensor(detail["index"], quantize_input(laid, detail))
        interpreter.invoke()
        got = [dequantize(interpreter.get_tensor(d["index"]), d) for d in outputs]
        found.append(([unlaid(p, g) for p, g in zip(trace.outputs, got, strict=True)], wanted))
    return found
