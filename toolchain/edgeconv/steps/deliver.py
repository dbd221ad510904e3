"""Report and bundle: everything that was found, and everything a device needs."""

from __future__ import annotations

import json
import platform

import numpy as np

from edgeconv import __version__, bundle, lowering, parity, report, sources, video
from edgeconv.core.errors import UsageError
from edgeconv.core.report import Artifact, Coverage, DriftPoint, Lowering, Provenance, Quantization, Report, Source
from edgeconv.core.versions import package_versions
from edgeconv.steps.state import FLOAT, INT8, ONNX, Road

GOLDEN_CLIPS = 2
_ROLES = {
    ONNX: "4D ONNX, channels first, float32",
    FLOAT: "TFLite, channels last, float32 (for comparison)",
    INT8: "TFLite, channels last, full int8 (for the device)",
}


def make_report(
    road: Road,
    described: sources.Description,
    prepared: sources.Prepared,
    clips: tuple[video.LoadedClips, video.LoadedClips],
    lowered: Lowering,
    run: parity.ParityRun,
    drift: tuple[DriftPoint, ...],
    coverage: tuple[Coverage, ...],
    quantization: tuple[Quantization, ...],
) -> Report:
    """The one report; no clock reading and no path of this machine goes in."""
    onnx = road.summaries[ONNX]
    spec = road.request.spec
    artifacts = tuple(
        Artifact(
            file=name,
            role=_ROLES[name],
            bytes=summary.bytes,
            sha256=bundle.sha256_of(road.file(name)),
            ops=summary.histogram,
            max_rank=summary.max_rank,
            dtypes=summary.dtypes,
        )
        for name, summary in road.summaries.items()
    )
    judges = tuple(
        f"{name.partition('(')[2].rstrip(')')} {m.version}"
        for name, m in run.measured.items()
        if name.startswith("int8")
    )
    ends = len(road.summaries[INT8].inputs)
    return Report(
        target=road.profile.target,
        source=Source(
            name=spec.name,
            kind=spec.kind,
            weights=prepared.weights,
            untrained=prepared.untrained,
            exporter=prepared.exporter,
            opset=onnx.opset or 0,
            parameters=described.parameters,
            macs=described.macs or onnx.macs,
            input_shape=described.input_shape,
            input_layout=described.input_layout,
            options=dict(sorted(spec.options.items())),
        ),
        stages=tuple(road.stages),
        gates=tuple(road.gates),
        clip_sets=(clips[0].info, clips[1].info),
        lowering=lowered.model_copy(update={"ops_after": onnx.histogram, "max_rank_after": onnx.max_rank}),
        artifacts=artifacts,
        parity=tuple(run.pairs),
        drift=drift,
        coverage=coverage,
        inputs=quantization[:ends],
        outputs=quantization[ends:],
        provenance=Provenance(
            edgeconv=__version__,
            python=platform.python_version(),
            platform=f"{platform.system()} {platform.machine()}",
            packages=package_versions(),
            profile=road.profile.name,
            profile_sha256=road.profile.sha256,
            seed=spec.seed,
            judged_by=judges,
        ),
        warnings=tuple(road.warnings),
    )


def deliver(
    road: Road,
    made: Report,
    run: parity.ParityRun,
    verification: video.LoadedClips,
    described: sources.Description,
) -> None:
    """Fill the bundle: labels, golden vectors, reports, timings, and last the manifest over all of them."""
    with road.watch.stage("bundle"):
        golden = _golden(road, run, verification)
        report.write_reports(made, road.staged.path)
        spec = road.request.spec
        bundle.write_manifest(
            road.staged.path,
            bundle.Manifest(
                source=spec.name,
                weights=made.source.weights,
                untrained=made.source.untrained,
                target=made.target,
                passed=made.passed,
                inputs=tuple(_meaning(road, described, q) for q in made.inputs),
                outputs=made.outputs,
                labels="labels.txt",
                golden=golden,
                provenance=made.provenance,
                files=bundle.file_entries(road.staged.path),
            ),
        )
    timings = {
        "stages": [t.model_dump() for t in road.watch.timings],
        "milliseconds_per_clip": {name: list(m.milliseconds) for name, m in run.measured.items()},
    }
    (road.staged.path / "timings.json").write_text(json.dumps(timings, indent=2) + "\n", encoding="utf-8")


def label(road: Road, trace: lowering.Trace) -> None:
    """The user's class names, or 'class 0', 'class 1', ..."""
    classes = trace.outputs[0].logical[-1] if trace.outputs[0].logical else 1
    names = [f"class {i}" for i in range(classes)]
    if road.request.labels is not None:
        try:
            names = road.request.labels.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"the labels file '{road.request.labels}' cannot be read: {error}") from error
        if len(names) != classes:
            raise UsageError(
                f"'{road.request.labels}' has {len(names)} lines, but the network has {classes} classes",
                hint="give one class name per line, in the order of the logits",
            )
    road.file("labels.txt").write_text("\n".join(names) + "\n", encoding="utf-8")


def _golden(road: Road, run: parity.ParityRun, verification: video.LoadedClips) -> tuple[bundle.GoldenVector, ...]:
    """Clips as the int8 model was fed, and the answers of the kernels nearest to TFLite's reference ones."""
    made = [r for r in ("tflite-runtime", "tensorflow", "litert") if f"int8 TFLite ({r})" in run.measured]
    if not made:
        return ()
    folder = road.staged.path / "golden"
    folder.mkdir()
    scratch = road.staged.scratch
    outputs = {r: np.load(scratch / f"raw_out_{r}.npy") for r in made}
    inputs = np.load(scratch / f"raw_in_{made[0]}.npy", mmap_mode="r")
    expected = outputs[made[0]]
    apart = max(int(np.abs(o.astype(np.int32) - expected.astype(np.int32)).max()) for o in outputs.values())
    vectors = []
    for i in range(min(GOLDEN_CLIPS, len(expected))):
        names = f"golden/clip_{i}_input.npy", f"golden/clip_{i}_output.npy"
        np.save(road.file(names[0]), inputs[i])
        np.save(road.file(names[1]), expected[i])
        vectors.append(
            bundle.GoldenVector(
                clip=verification.names[i],
                input=names[0],
                output=names[1],
                produced_by=made[0],
                tolerance_lsb=apart,
            )
        )
    return tuple(vectors)


def _meaning(road: Road, described: sources.Description, quantization: Quantization) -> bundle.InputMeaning:
    size = dict(zip(described.input_layout, described.input_shape, strict=True))
    profile = road.profile.video
    return bundle.InputMeaning(
        tensor=quantization.tensor,
        shape=quantization.shape,
        layout="frames, height, width, channels",
        dtype=quantization.dtype,
        scale=quantization.scale,
        zero_point=quantization.zero_point,
        frames=size["T"],
        sampling="one frame from the middle of each of equally long segments",
        color=profile.color,
        mean=profile.mean,
        pixel_scale=profile.scale,
        resize_shorter_side=video.shorter_side(size["H"], size["W"], profile.resize),
        crop=(size["H"], size["W"]),
    )
