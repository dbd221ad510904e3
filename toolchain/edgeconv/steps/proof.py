"""Check and verify: op coverage per target, parity over all runtimes, drift tensor by tensor."""

from __future__ import annotations

import numpy as np

from edgeconv import lowering, parity, runtimes, sources, targets, video
from edgeconv.core.child import ChildDied
from edgeconv.core.drift import DriftPoint
from edgeconv.core.layout import Array
from edgeconv.core.numbered import numbered
from edgeconv.core.report import Coverage, Gate
from edgeconv.steps.state import FLOAT, INT8, ONNX, Road, SplitFiles, ends, feeds


def check(road: Road) -> tuple[Coverage, ...]:
    """The profile's target first; where the network was split, the whole and its parts."""
    target = road.profile.target
    with road.watch.stage("check"):
        files = dict.fromkeys((*road.for_device, INT8))
        first = [targets.check(road.summaries[name], target) for name in files]
        if road.split:
            first = [_of_file(road, c, name) for c, name in zip(first, files, strict=True)]
        others = [t for t in dict.fromkeys(road.profile.check_targets) if t != target]
        coverage = (*first, *(targets.check(road.summaries[INT8], name) for name in others))
    run = first[: len(road.for_device)]
    road.done("check", " ".join(f"{c.title}: {c.summary}" for c in run))
    for found in run:
        unsupported = [o for o in found.ops if o.verdict == "unsupported"]
        road.gates.append(
            Gate(
                name=f"coverage: {target} runs every operator" + (f" of {found.file}" if found.file else ""),
                passed=not unsupported,
                measured=f"{len(unsupported)} unsupported",
                required="none unsupported",
                detail="; ".join(f"{o.op} '{o.name}': {', '.join(o.reasons)}" for o in unsupported[:5]),
            )
        )
    return coverage


def _of_file(road: Road, found: Coverage, name: str) -> Coverage:
    """With the file's name; advice only on what the device runs."""
    return found.model_copy(update={"file": name, "advice": found.advice if name in road.for_device else ()})


def verify(
    road: Road,
    prepared: sources.Prepared,
    verification: video.Samples,
    described: sources.Description,
    onnx: lowering.Trace,
    lite: lowering.Trace,
) -> parity.ParityRun:
    clips, scratch = road.clips["verification"], road.staged.scratch
    whole = tuple(
        runtimes.Feed(clips=clips[i.name], perm=tuple(range(len(i.shape))), physical=i.shape) for i in described.inputs
    )
    first = "PyTorch" if prepared.has_reference else "ONNX (original)"
    known: dict[str, tuple[Array, ...]] = {}
    if prepared.has_reference:
        answers = (np.load(numbered(scratch / "torch.npy", index)) for index in range(prepared.outputs))
        known["PyTorch"] = tuple(answers)
    candidates = [
        parity.Candidate(
            "ONNX (original)",
            "PyTorch",
            "onnxruntime",
            road.original,
            whole,
            quantized=False,
            outputs=tuple(parity.End(port.name) for port in onnx.outputs),
        ),
        parity.Candidate(
            "ONNX (lowered)",
            "ONNX (original)",
            "onnxruntime",
            road.file(ONNX),
            feeds(onnx, clips),
            quantized=False,
            across=False,
            outputs=ends(onnx),
        ),
    ]
    judges = [r for r in road.profile.parity.runtimes if runtimes.available(r)]
    for missing in (r for r in road.profile.parity.runtimes if r not in judges):
        road.warnings.append(f"{missing} is not installed here: {' and '.join(judges)} judged alone")
    for runtime, model, name in [("litert", FLOAT, "fp32 TFLite"), *((r, INT8, "int8 TFLite") for r in judges)]:
        candidates.append(
            parity.Candidate(
                f"{name} ({runtime})",
                first if model == INT8 else "ONNX (original)",
                runtime,
                road.file(model),
                feeds(lite, clips),
                quantized=model == INT8,
                outputs=ends(lite),
                raw_inputs=scratch / f"raw_in_{runtime}.npy" if model == INT8 else None,
                raw_outputs=scratch / f"raw_out_{runtime}.npy" if model == INT8 else None,
            )
        )
    if road.split:
        candidates += [_chain(road, road.split, runtime, ends(lite)) for runtime in judges]
    with road.watch.stage("verify"):
        run = parity.run_parity(
            candidates,
            known,
            verification.names,
            road.profile.parity,
            scratch,
            road.profile.threads,
            road.watch.progress.detail,
        )
        for peak in run.peaks.values():
            road.watch.saw(peak)
    road.gates += run.gates
    worst = min((p.mean.cosine for p in run.pairs if not p.failure), default=0.0)
    crashed = tuple(f"{p.candidate}: {p.failure}" for p in run.pairs if p.failure)
    road.done(
        "verify",
        f"{len(run.pairs)} comparisons over {len(verification.names)} clips, lowest mean cosine {worst:.4f}",
        crashed,
    )
    return run


def _chain(road: Road, made: SplitFiles, runtime: str, outputs: tuple[parity.End, ...]) -> parity.Candidate:
    """The parts, one after the other, against the whole in the same runtime."""
    return parity.Candidate(
        f"int8 {made.names} ({runtime})",
        f"int8 TFLite ({runtime})",
        runtime,
        road.file(made.backbone),
        made.feeds,
        quantized=True,
        outputs=outputs,
        head=runtimes.Head(model=road.file(made.head), tail=made.tail),
        exact=True,
    )


def drift(road: Road, trace: lowering.Trace) -> tuple[DriftPoint, ...]:
    """The int8 file against the float file, tensor by tensor."""
    request = runtimes.CompareRequest(
        reference=road.file(FLOAT),
        candidate=road.file(INT8),
        feeds=feeds(trace, road.clips["verification"]),
        threads=road.profile.threads,
    )
    with road.watch.stage("drift"):
        try:
            result = runtimes.compare_tensors(request)
        except ChildDied as died:
            finding = "; ".join((died.message, *died.reasons))
            road.gates.append(
                Gate(name="drift: int8 compared with float", passed=False, measured=finding, required="every tensor")
            )
            road.done("drift", "not measured", (died.message,))
            return ()
        road.watch.saw(result.peak_mib)
    points = parity.diagnose(result.value.tensors, road.summaries[INT8])
    lowest, dearest = min(points, key=lambda p: p.sqnr_db), max(points, key=lambda p: p.excess_db)
    road.done(
        "drift",
        f"{len(points)} tensors compared; lowest {lowest.sqnr_db:.1f} dB at {lowest.op} '{lowest.tensor}'; "
        f"{dearest.op} '{dearest.tensor}' costs most, {dearest.excess_db:.1f} dB beyond one rounding",
    )
    return points
