"""The one Report: what every station found. Terminal, JSON, Markdown and HTML are renderings of it.

It holds no clock reading and no path of the machine, so that the same inputs give the same bytes;
times and memory go to ``timings.json`` (see :class:`StageTiming`).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from edgeconv.core.drift import DriftPoint, Layers
from edgeconv.core.matrix import Matrix
from edgeconv.core.recipe import Recipe
from edgeconv.core.section import Section

Status = Literal["ok", "warning", "failed", "skipped"]


class Gate(Section):
    """One yes/no question about an artifact or a comparison."""

    name: str
    """For example 'onnx: max rank' or 'parity: int8 cosine mean (litert)'."""
    passed: bool
    measured: str
    required: str
    detail: str = ""


class Stage(Section):
    """One station of the road."""

    name: str
    status: Status
    summary: str
    """One line: what was done, in numbers."""
    notes: tuple[str, ...] = ()


class StageTiming(Section):
    name: str
    seconds: float
    peak_mib: float
    """Peak resident memory of the process that did the work, MiB."""


class InputInfo(Section):
    """One input of the network as it came."""

    name: str
    shape: tuple[int, ...]
    layout: str = ""
    """One letter of N C T H W per axis; '' where the axes have no such meaning or it is not known."""
    dtype: str = "float32"


class Source(Section):
    name: str
    kind: str
    """'built-in model', 'factory', 'onnx file', ..."""
    weights: str
    """Where the weights come from; says in plain words when they are untrained."""
    untrained: bool
    exporter: str
    opset: int
    parameters: int
    macs: int
    """Multiply-accumulates of one pass; 0 when unknown."""
    inputs: tuple[InputInfo, ...]
    options: dict[str, str] = Field(default_factory=dict)


class Clip(Section):
    name: str
    """'video.mp4#0': file name and the number of the clip taken from it; 'a.npz': a sample that is ready to be fed."""
    frames: tuple[int, ...] = ()
    """Indices of the sampled frames; empty for a ready sample."""
    width: int = 0
    height: int = 0
    """Size of the upright frame in the file, before resize and crop; 0 for a ready sample."""


class SkippedClip(Section):
    name: str
    reason: str


class ClipSet(Section):
    role: Literal["calibration", "verification"]
    origin: str
    """Folder name, or 'synthetic moving shapes (seed 0)'."""
    synthetic: bool
    clips: tuple[Clip, ...]
    skipped: tuple[SkippedClip, ...] = ()
    ready: bool = False
    """The clips came as arrays in the model's own layout, already preprocessed."""
    per_sample: int = 1
    """Clips that the model takes at once, where its batch is larger than 1."""


class Lowering(Section):
    ops_before: dict[str, int]
    ops_after: dict[str, int]
    max_rank_before: int
    max_rank_after: int
    transposes: tuple[str, ...] = ()
    """Each transpose that is left in the ONNX file, with the op that causes it and the blocks that it permutes."""
    tflite_transposes: tuple[str, ...] = ()
    """The same of the TFLite files."""
    fold: str = "frames"
    """Of the TFLite files: 'frames' or 'strip'."""
    rules: dict[str, int] = Field(default_factory=dict)
    """How often each rule was applied."""


class Artifact(Section):
    file: str
    role: str
    bytes: int
    sha256: str
    ops: dict[str, int] = Field(default_factory=dict)
    max_rank: int = 0
    dtypes: dict[str, int] = Field(default_factory=dict)


class Metrics(Section):
    """How far a candidate lies from its reference, over one clip or many."""

    max_abs: float
    relative: float
    """max_abs over the reference's largest magnitude."""
    cosine: float
    sqnr_db: float
    """Signal to quantization-noise ratio, dB; 300 stands for 'no difference'."""
    top1: float | None = None
    """Share of clips with the same top-1 class; 1 or 0 for a single clip; None where the output is no [N, classes]."""
    top5: float | None = None
    """Mean overlap of the two top-5 sets, 0..1."""
    saturated: float
    """Share of output values at an end of the integer range behind which real values may lie."""


class ParityPair(Section):
    reference: str
    candidate: str
    mean: Metrics
    worst: Metrics
    """Per metric the worst value over all clips."""
    worst_clip: str
    clips: dict[str, Metrics]
    """Of several outputs the worst value of each metric."""
    outputs: dict[str, Metrics] = Field(default_factory=dict)
    """Per output the worst values over all clips; filled where there are several."""
    failure: str = ""
    """Why the candidate gave no numbers (a crash is a finding); metrics are then meaningless."""


Verdict = Literal["accelerated", "cpu", "unsupported", "unknown"]


class OpVerdict(Section):
    index: int
    op: str
    name: str
    verdict: Verdict
    reasons: tuple[str, ...]
    """All failing constraints with the measured values; empty when accelerated."""
    inputs: tuple[str, ...]
    """'int8 [16, 112, 112, 64]'"""
    outputs: tuple[str, ...]
    bytes: int
    macs: int


class Coverage(Section):
    target: str
    summary: str
    """One sentence a person can act on."""
    judged_by: str
    """'predicted from the file' or the compiler that judged."""
    ops: tuple[OpVerdict, ...]
    partitions: int | None = None
    """Delegate partitions that were counted; None when not counted."""
    advice: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    file: str = ""
    """Which of the delivered files was judged, where a target judges several."""

    @property
    def title(self) -> str:
        return f"{self.target}, {self.file}" if self.file else self.target

    def count(self, verdict: Verdict) -> int:
        return sum(o.verdict == verdict for o in self.ops)

    def macs(self, verdict: Verdict) -> int:
        return sum(o.macs for o in self.ops if o.verdict == verdict)

    def size(self, verdict: Verdict) -> int:
        """Bytes of all tensors that the ops of this verdict read or write, weights included."""
        return sum(o.bytes for o in self.ops if o.verdict == verdict)


class PlacedOp(Section):
    """Where a real compiler put one op of the file that it was given."""

    index: int
    op: str
    name: str
    accelerated: bool
    reasons: tuple[str, ...] = ()
    """The compiler's own words; empty when accelerated, or where it gives none."""


class Measure(Section):
    """One number that a compiler tells of its result."""

    name: str
    value: float
    unit: str = ""


class Compilation(Section):
    """What the device's own compiler made of the delivered file."""

    target: str
    model: str
    """The file that was given to the compiler."""
    compiler: str
    version: str = ""
    outcome: Literal["compiled", "absent", "failed"]
    """'absent': the compiler is not installed here."""
    why: str = ""
    """One sentence; empty when compiled."""
    command: tuple[str, ...]
    """What was run, or is to be run, in the folder of the bundle."""
    file: str = ""
    """Of the bundle; empty when not compiled."""
    settings: dict[str, str] = Field(default_factory=dict)
    ops: tuple[PlacedOp, ...] = ()
    measures: tuple[Measure, ...] = ()
    disagreements: tuple[str, ...] = ()
    """Ops that were predicted to run elsewhere than the compiler puts them."""

    def count(self, accelerated: bool) -> int:
        return sum(o.accelerated is accelerated for o in self.ops)


class SplitPart(Section):
    """The whole network or one of the files that it was split into, by what counts on a small device."""

    file: str
    takes: str
    """'one frame'"""
    gives: str
    bytes: int
    ops: int
    macs: int
    """Of one pass."""
    largest: int
    """Bytes of the largest tensor that is computed."""


class Split(Section):
    """A backbone that sees one frame, a head that sees what it gave for all frames of a clip."""

    cut: str
    """Name of the tensor between them."""
    frames: int
    whole: SplitPart
    backbone: SplitPart
    head: SplitPart

    @property
    def parts(self) -> tuple[SplitPart, SplitPart, SplitPart]:
        return self.whole, self.backbone, self.head


class Quantization(Section):
    """What an input or output tensor of the int8 file means."""

    tensor: str
    dtype: str
    shape: tuple[int, ...]
    scale: float
    zero_point: int


class Provenance(Section):
    edgeconv: str
    python: str
    platform: str
    packages: dict[str, str]
    profile: str
    profile_sha256: str
    seed: int
    judged_by: tuple[str, ...]
    """Which TFLite runtimes judged the int8 file."""


class Report(Section):
    target: str
    source: Source
    stages: tuple[Stage, ...]
    gates: tuple[Gate, ...]
    clip_sets: tuple[ClipSet, ...]
    lowering: Lowering
    artifacts: tuple[Artifact, ...]
    parity: tuple[ParityPair, ...]
    matrices: tuple[Matrix, ...] = ()
    drift: tuple[DriftPoint, ...]
    layers: Layers | None = None
    coverage: tuple[Coverage, ...]
    compilations: tuple[Compilation, ...] = ()
    split: Split | None = None
    recipe: Recipe | None = None
    """None: int8 throughout, and nothing speaks against it."""
    inputs: tuple[Quantization, ...]
    outputs: tuple[Quantization, ...]
    provenance: Provenance
    warnings: tuple[str, ...] = ()
    """What a reader must know in plain sight: untrained weights, synthetic clips, a missing runtime."""

    @property
    def passed(self) -> bool:
        return all(g.passed for g in self.gates)

    @property
    def failed_gates(self) -> tuple[Gate, ...]:
        return tuple(g for g in self.gates if not g.passed)
