"""What the steps hand on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from edgeconv import bundle, lowering, parity, runtimes, sources, tflite
from edgeconv.core.progress import Stopwatch
from edgeconv.core.report import Gate, Quantization, Report, Stage, StageTiming
from edgeconv.core.summary import ModelSummary
from edgeconv.profiles import ExportProfile

ONNX, FLOAT, INT8 = "model.onnx", "model_fp32.tflite", "model_int8.tflite"


@dataclass(frozen=True)
class ExportRequest:
    """What to export, for which device, judged by which clips."""

    spec: sources.SourceSpec
    profile: ExportProfile
    out: Path
    calibration: Path | None = None
    """Folder of videos or of ready samples; None: synthetic moving shapes."""
    verification: Path | None = None
    labels: Path | None = None
    """One class name per line."""


@dataclass(frozen=True)
class ExportResult:
    report: Report
    timings: tuple[StageTiming, ...]
    bundle: Path


@dataclass(frozen=True)
class Converted:
    graph: tflite.Graph
    """float32, in frames fold: what is calibrated and quantized, whatever fold is delivered."""
    trace: lowering.Trace
    """How its ends lie."""
    delivered: lowering.Trace
    """How those of the delivered files lie."""


@dataclass(frozen=True)
class Calibration:
    """What was seen on the calibration clips."""

    ranges: Mapping[str, tflite.Range]
    """Over which each tensor is quantized to int8."""
    seen: Mapping[str, tflite.Range]
    """Smallest and largest value of each tensor."""
    moments: Path
    """.npz of the inputs of weighted operators."""


@dataclass(frozen=True)
class Quantized:
    graph: tflite.Graph
    """Full int8 but for what the recipe names, in frames fold."""
    ends: tuple[Quantization, ...]
    """Inputs, then outputs, of the delivered file."""
    wide: Mapping[str, str] = field(default_factory=dict)
    """Precisions of the tensors that the recipe keeps out of int8, those included that borders made."""


@dataclass(frozen=True)
class SplitFiles:
    """The files of a backbone on one frame and of a head on all of them."""

    backbone: str
    head: str
    cut: str
    """The tensor of the whole that lies between them."""
    feeds: tuple[runtimes.Feed, ...]
    """The frames of a clip, one after the other."""
    frames: int
    tail: int
    """Elements behind the features of each frame that hold the zero point (strip fold)."""

    @property
    def names(self) -> str:
        """'backbone + head'"""
        return " + ".join(name.removesuffix("_int8.tflite") for name in (self.backbone, self.head))


@dataclass
class Road:
    """What the stations hand on."""

    request: ExportRequest
    staged: bundle.StagedFolder
    watch: Stopwatch
    stages: list[Stage] = field(default_factory=list)
    gates: list[Gate] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    summaries: dict[str, ModelSummary] = field(default_factory=dict)
    tflite_transposes: tuple[str, ...] = ()
    """Those that lowering had to leave, each with its cause."""
    clips: dict[str, dict[str, Path]] = field(default_factory=dict)
    """By role and input name: .npy [samples, ...input shape...]."""
    changed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By file: values of the source that exist there no more or mean something else, because something was merged."""
    split: SplitFiles | None = None

    @property
    def profile(self) -> ExportProfile:
        return self.request.profile

    @property
    def original(self) -> Path:
        return self.staged.scratch / "original.onnx"

    @property
    def lowered(self) -> Path:
        """The 4D ONNX before it was simplified."""
        return self.staged.scratch / "lowered.onnx"

    @property
    def frames(self) -> Path:
        """The float file in frames fold."""
        return self.file(FLOAT) if self.profile.fold == "frames" else self.staged.scratch / "frames.tflite"

    @property
    def for_device(self) -> tuple[str, ...]:
        """The files that the device runs: the parts where the network was split."""
        return (self.split.backbone, self.split.head) if self.split else (INT8,)

    def file(self, name: str) -> Path:
        return self.staged.path / name

    def done(self, name: str, summary: str, notes: tuple[str, ...] = ()) -> None:
        self.stages.append(Stage(name=name, status="warning" if notes else "ok", summary=summary, notes=notes))


def feeds(trace: lowering.Trace, clips: Mapping[str, Path]) -> tuple[runtimes.Feed, ...]:
    """How the inputs of a lowered model are filled; `clips` by input name."""
    return tuple(
        runtimes.Feed(clips=clips[p.name], perm=p.perm, physical=p.physical, frames=p.frames, tail=p.tail)
        for p in trace.inputs
    )


def ends(trace: lowering.Trace) -> tuple[parity.End, ...]:
    """How the outputs of a lowered model lie."""
    return tuple(parity.End(port.name, port.perm, port.logical) for port in trace.outputs)
