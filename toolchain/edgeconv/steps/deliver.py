"""Bundle: everything a device needs, and the reports."""

from __future__ import annotations

from collections.abc import Sequence

from edgeconv import bundle, lowering, parity, report, runner, sources, video
from edgeconv.core.errors import UsageError
from edgeconv.core.report import (
    ClipSet,
    InputInfo,
    Quantization,
    Report,
)
from edgeconv.steps.golden import golden_vectors
from edgeconv.steps.model import meaning
from edgeconv.steps.state import Road, SplitFiles

LABELS = "labels.txt"


def deliver(
    road: Road,
    made: Report,
    run: parity.ParityRun,
    clips: tuple[video.Samples, video.Samples],
    described: sources.Description,
    trace: lowering.Trace,
    places: bundle.Places,
) -> None:
    """Fill the bundle: golden vectors, reports, the runner, the manifest over all of them, and timings."""
    with road.watch.stage("bundle"):
        golden = golden_vectors(road, run, clips[1].names)
        report.write_reports(made, road.staged.path)
        runner.write_runner(road.staged.path)
        bundle.write_places(road.staged.path, places)
        spec = road.request.spec
        bundle.write_manifest(
            road.staged.path,
            bundle.Manifest(
                source=spec.name,
                weights=made.source.weights,
                untrained=made.source.untrained,
                target=made.target,
                passed=made.passed,
                inputs=_meanings(road, described, clips[0].info, trace, made.inputs),
                outputs=made.outputs,
                split=_split(road, road.split) if road.split else None,
                labels=LABELS if road.file(LABELS).exists() else None,
                golden=golden,
                provenance=made.provenance,
                files=bundle.file_entries(road.staged.path),
            ),
        )
    timings = {
        "stages": [t.model_dump() for t in road.watch.timings],
        "milliseconds_per_clip": {name: list(m.milliseconds) for name, m in run.measured.items()},
    }
    bundle.write_sealed(road.file("timings.json"), timings)


def label(road: Road, trace: lowering.Trace) -> None:
    """The user's class names, or 'class 0', 'class 1', ...; nothing where the network is no classifier."""
    shape = trace.outputs[0].logical
    if len(shape) != 2:
        if road.request.labels is not None:
            raise UsageError(
                f"the network gives {list(shape)}, which are no classes to name", hint="leave --labels out"
            )
        return
    names = [f"class {i}" for i in range(shape[1])]
    if road.request.labels is not None:
        try:
            names = road.request.labels.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"the labels file '{road.request.labels}' cannot be read: {error}") from error
        if len(names) != shape[1]:
            raise UsageError(
                f"'{road.request.labels}' has {len(names)} lines, but the network has {shape[1]} classes",
                hint="give one class name per line, in the order of the logits",
            )
    road.file(LABELS).write_text("\n".join(names) + "\n", encoding="utf-8")


def _split(road: Road, made: SplitFiles) -> bundle.SplitMeaning:
    frame, head = road.summaries[made.backbone], road.summaries[made.head]
    return bundle.SplitMeaning(
        backbone=made.backbone,
        head=made.head,
        frames=made.frames,
        frame=meaning(frame.inputs[0]),
        features=meaning(frame.outputs[0]),
        stacked=meaning(head.inputs[0]),
        gap=made.tail,
    )


def _meanings(
    road: Road,
    described: sources.Description,
    calibration: ClipSet,
    trace: lowering.Trace,
    quantizations: Sequence[Quantization],
) -> tuple[bundle.InputMeaning, ...]:
    """What each input of the device's model means, in the order of the file."""
    infos = {i.name: i for i in described.inputs}
    return tuple(
        bundle.InputMeaning(
            name=port.name,
            source_shape=port.logical,
            source_layout=infos[port.name].layout,
            perm=port.perm,
            tensor=quantized.tensor,
            shape=quantized.shape,
            layout=_axes(infos[port.name].layout, port),
            dtype=quantized.dtype,
            scale=quantized.scale,
            zero_point=quantized.zero_point,
            frames=port.frames,
            gap=port.tail,
            pixels=_pixels(road, infos[port.name], described, calibration),
        )
        for port, quantized in zip(trace.inputs, quantizations, strict=True)
    )


_AXES = {"N": "batch", "C": "channels", "T": "frames", "H": "height", "W": "width"}


def _axes(layout: str, port: lowering.Port) -> str:
    """'frames, height, width, channels': the axes of the file's tensor, those that were merged joined by ×."""
    kept = [axis for axis in port.perm if port.logical[axis] > 1]
    if port.frames > 1:
        rows = port.physical[1] // port.frames - port.logical[layout.index("H")]
        return f"1, frames × (height + {rows}), width, channels" if rows else "1, frames × height, width, channels"
    if not layout:
        return "as in the source" if kept == sorted(kept) else f"axes {', '.join(map(str, kept))} of the source"
    words = [_AXES[layout[axis]] for axis in port.perm if layout[axis] != "N" or port.logical[axis] > 1]
    merged = len(words) - len(port.physical)
    if merged < 0:  # axes of size 1 that no letter stands for
        return ", ".join(["1"] * -merged + words)
    return ", ".join([" × ".join(words[: merged + 1]), *words[merged + 1 :]])


def _pixels(road: Road, info: InputInfo, described: sources.Description, calibration: ClipSet) -> bundle.Pixels | None:
    values = video.pixel_values(info, road.profile.video, calibration)
    if values is None:
        return None
    frames, clip_frames = video.axis_size(info, "T"), video.frames_of(described.inputs)
    height, width = video.axis_size(info, "H"), video.axis_size(info, "W")
    sampling = "one frame from the middle of each of equally long segments"
    if frames < clip_frames:
        sampling += f"; of these {clip_frames} frames: {', '.join(map(str, video.frame_choice(clip_frames, frames)))}"
    return bundle.Pixels(
        frames=frames,
        clip_frames=clip_frames,
        sampling=sampling,
        color=values.color,
        mean=values.mean,
        pixel_scale=values.scale,
        resize_shorter_side=video.shorter_side(height, width, road.profile.video.resize),
        crop=(height, width),
    )
