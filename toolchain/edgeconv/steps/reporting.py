"""Report: everything that was found, as one value."""

from __future__ import annotations

import platform
from collections.abc import Sequence

from edgeconv import __version__, bundle, parity, sources, video
from edgeconv.core.drift import DriftPoint, Layers
from edgeconv.core.recipe import Recipe
from edgeconv.core.report import Artifact, Compilation, Coverage, Lowering, Provenance, Quantization, Report, Source
from edgeconv.core.versions import package_versions
from edgeconv.steps.splitting import told_split
from edgeconv.steps.state import FLOAT, INT8, ONNX, Road


def make_report(
    road: Road,
    described: sources.Description,
    prepared: sources.Prepared,
    clips: tuple[video.Samples, video.Samples],
    lowered: Lowering,
    run: parity.ParityRun,
    drift: tuple[tuple[DriftPoint, ...], Layers],
    coverage: tuple[Coverage, ...],
    compilations: tuple[Compilation, ...],
    quantization: tuple[Quantization, ...],
    recipe: Recipe | None = None,
) -> Report:
    """The one report; no clock reading and no path of this machine goes in."""
    onnx = road.summaries[ONNX]
    spec, roles = road.request.spec, _roles(road, compilations, recipe)
    artifacts = tuple(
        Artifact(
            file=name,
            role=roles[name],
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
        if name.startswith("int8 TFLite (")
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
            inputs=described.inputs,
            options=dict(sorted(spec.options.items())),
        ),
        stages=tuple(road.stages),
        gates=tuple(road.gates),
        clip_sets=(clips[0].info, clips[1].info),
        lowering=lowered.model_copy(
            update={
                "ops_after": onnx.histogram,
                "max_rank_after": onnx.max_rank,
                "tflite_transposes": road.tflite_transposes,
            }
        ),
        artifacts=artifacts,
        parity=tuple(run.pairs),
        matrices=run.matrices,
        drift=drift[0],
        layers=drift[1],
        coverage=coverage,
        compilations=compilations,
        split=told_split(road, road.split) if road.split else None,
        recipe=recipe,
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


def _roles(road: Road, compilations: Sequence[Compilation], recipe: Recipe | None) -> dict[str, str]:
    """What each file is, in words."""
    int8 = "int8 with a recipe" if recipe and recipe.delivered and recipe.tensors else "full int8"
    fold = "strip fold (batch 1), " if road.profile.fold == "strip" else ""
    roles = {
        ONNX: "4D ONNX, channels first, float32",
        FLOAT: f"TFLite, {fold}channels last, float32 (for comparison)",
        INT8: f"TFLite, {fold}channels last, {int8} ({'the whole' if road.split else 'for the device'})",
    }
    if road.split:
        roles[road.split.backbone] = f"TFLite, {int8}, one frame (for the device)"
        roles[road.split.head] = f"TFLite, {fold}{int8}, the features of {road.split.frames} frames (for the device)"
    return roles | {c.file: f"TFLite, {c.model} compiled by {c.compiler} {c.version}" for c in compilations}
