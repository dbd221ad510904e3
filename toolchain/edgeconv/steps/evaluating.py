"""What is evaluated: the files of a bundle as its manifest says they are fed, or a network in PyTorch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import prod
from pathlib import Path

from edgeconv import bundle, inspection, runtimes, sources, video
from edgeconv.core.errors import UsageError, did_you_mean
from edgeconv.core.report import InputInfo
from edgeconv.profiles import VideoProfile
from edgeconv.steps.state import FLOAT, INT8, ONNX

STAGES = ("onnx", "fp32", "int8")
"""Of a bundle."""


@dataclass(frozen=True)
class FileStage:
    """A model file in a runtime."""

    name: str
    runtime: str
    model: Path
    feeds: tuple[runtimes.Feed, ...]
    """Their clips are filled in batch by batch."""
    head: runtimes.Head | None = None


@dataclass(frozen=True)
class TorchStage:
    """The network itself."""

    name: str
    spec: sources.SourceSpec


Stage = FileStage | TorchStage


@dataclass(frozen=True)
class Subject:
    """What is evaluated, and how it is fed."""

    stages: tuple[Stage, ...]
    inputs: tuple[InputInfo, ...]
    form: video.ClipForm
    """The clip that fills the inputs."""
    labels: tuple[str, ...] = ()
    """Names of the classes, where the bundle has its own."""
    notes: tuple[str, ...] = ()


def bundle_subject(folder: Path, judges: Sequence[str], wanted: Sequence[str]) -> Subject:
    """The stages of a bundle.

    Args:
        judges: TFLite runtimes; float runs in the first, int8 in all.
        wanted: of STAGES; () for all.

    Raises:
        UsageError: the folder is no whole bundle, an input is not filled from colour frames, a stage is not known.
    """
    unknown = [name for name in wanted if name not in STAGES]
    if unknown:
        raise UsageError(f"a bundle has no stage '{unknown[0]}'", hint=did_you_mean(unknown[0], list(STAGES)))
    inspected = bundle.inspect_bundle(folder)
    made = inspected.manifest
    if made is None or inspected.findings:
        raise UsageError(f"'{folder}' is no whole bundle", reasons=[str(f) for f in inspected.findings][:20])
    inputs, form = _fed(made)
    stages: list[Stage] = []
    for stage in wanted or STAGES:
        if stage == "onnx":
            feeds = _onnx_feeds(folder / ONNX, made)
            stages.append(FileStage("ONNX (onnxruntime)", "onnxruntime", folder / ONNX, feeds))
        elif stage == "fp32":
            stages.append(FileStage(f"fp32 TFLite ({judges[0]})", judges[0], folder / FLOAT, _feeds(made)))
        else:
            stages += [FileStage(f"int8 TFLite ({judge})", judge, folder / INT8, _feeds(made)) for judge in judges]
            if made.split:
                stages += [_chain(folder, made, made.split, judge) for judge in judges]
    notes = (f"the weights of the bundle are UNTRAINED: {made.weights}",) if made.untrained else ()
    return Subject(tuple(stages), inputs, form, _labels(folder, made), notes)


def source_subject(spec: sources.SourceSpec, profile: VideoProfile) -> Subject:
    """A network in PyTorch.

    Raises:
        UsageError: it is an .onnx file; an input is no clip of colour frames.
    """
    if spec.kind == "onnx file":
        raise UsageError("PyTorch does not run .onnx files", hint="export it, and evaluate the bundle")
    with sources.open_source(spec) as session:
        inputs = session.describe().value.inputs
    reasons = [r for info in inputs if (r := _no_clip(info))]
    if reasons:
        raise UsageError("the network cannot be fed from videos", reasons=reasons)
    height, width = video.axis_size(inputs[0], "H"), video.axis_size(inputs[0], "W")
    form = video.ClipForm(video.frames_of(inputs), height, width, profile)
    untrained = not spec.from_file and spec.weights is None
    notes = ("PyTorch has UNTRAINED weights: give --weights",) if untrained else ()
    return Subject((TorchStage("PyTorch", spec),), inputs, form, notes=notes)


def _no_clip(info: InputInfo) -> str:
    if not set("CTHW") <= set(info.layout):
        return f"'{info.name}' {list(info.shape)} has no axes of a clip (--input-layout names them)"
    if video.axis_size(info, "C") != 3:
        return f"'{info.name}' takes {video.axis_size(info, 'C')} channels, not 3"
    if "N" in info.layout and video.axis_size(info, "N") != 1:
        return f"'{info.name}' takes {video.axis_size(info, 'N')} clips at once"
    return ""


def _fed(made: bundle.Manifest) -> tuple[tuple[InputInfo, ...], video.ClipForm]:
    infos = tuple(InputInfo(name=i.name, shape=i.source_shape, layout=i.source_layout) for i in made.inputs)
    reasons = [r for info in infos if (r := _no_clip(info))]
    pixels = [i.pixels for i in made.inputs if i.pixels is not None]
    if len(pixels) < len(infos):
        reasons.append("it was calibrated on ready samples: how frames become its input is not known")
    reasons += [f"frames of {p.color} are not read here" for p in pixels if p.color == "GREY"]
    if reasons:
        raise UsageError("the network cannot be fed from videos", reasons=reasons)
    first = pixels[0]
    profile = VideoProfile.model_validate(
        {
            "resize": first.resize_shorter_side,
            "color": first.color,
            "mean": first.mean,
            "scale": first.pixel_scale,
        }
    )
    return infos, video.ClipForm(first.clip_frames, *first.crop, profile)


def _feeds(made: bundle.Manifest) -> tuple[runtimes.Feed, ...]:
    return tuple(
        runtimes.Feed(clips=Path(), perm=i.perm, physical=i.shape, frames=i.frames, tail=i.gap) for i in made.inputs
    )


def _chain(folder: Path, made: bundle.Manifest, split: bundle.SplitMeaning, judge: str) -> FileStage:
    (whole,) = made.inputs
    frames = (split.frames, *split.frame.shape[1:])
    names = " + ".join(Path(f).stem.removesuffix("_int8") for f in (split.backbone, split.head))
    return FileStage(
        f"int8 {names} ({judge})",
        judge,
        folder / split.backbone,
        (runtimes.Feed(clips=Path(), perm=whole.perm, physical=frames),),
        runtimes.Head(model=folder / split.head, tail=split.gap),
    )


def _onnx_feeds(path: Path, made: bundle.Manifest) -> tuple[runtimes.Feed, ...]:
    """The ONNX file is channels first; its axes are the source's, or those of frames or of a timeline."""
    shapes = {t.name: t.shape for t in inspection.inspect_file(path).inputs}
    return tuple(
        runtimes.Feed(
            clips=Path(), perm=_order(i.source_shape, i.source_layout, shapes[i.name]), physical=shapes[i.name]
        )
        for i in made.inputs
    )


def _order(source: Sequence[int], layout: str, physical: Sequence[int]) -> tuple[int, ...]:
    orders = ["NTCHW", "NCTHW", layout]
    found = []
    for order in orders:
        perm = tuple(layout.index(letter) for letter in order if letter in layout)
        if _merges([source[axis] for axis in perm], physical):
            found.append(perm)
    if not found:
        raise UsageError(f"how a clip {list(source)} fills the ONNX input {list(physical)} is not known")
    return found[0]


def _merges(axes: Sequence[int], physical: Sequence[int]) -> bool:
    """Whether joining neighbouring axes gives these sizes."""
    ends = set(accumulate(axes, int.__mul__))
    return prod(axes) == prod(physical) and set(accumulate(physical, int.__mul__)) <= ends | {1}


def _labels(folder: Path, made: bundle.Manifest) -> tuple[str, ...]:
    if made.labels is None:
        return ()
    names = tuple((folder / made.labels).read_text(encoding="utf-8").splitlines())
    own = tuple(f"class {i}" for i in range(len(names)))  # what an export without --labels writes
    return () if names == own else names
