"""What is measured, as it is written to results.json and rendered to docs/benchmarks.md."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Machine(Part):
    cpu: str
    vector_units: tuple[str, ...]
    """Those that decide how fast int8 is."""
    cores: int
    memory_gb: float
    system: str
    python: str


class Conditions(Part):
    """When a section was measured, and how much else ran meanwhile."""

    date: str
    load_before: float
    """Load average of the last minute."""
    others_percent: float
    """Share of all cores that other processes used in that time."""
    machine: Machine
    packages: dict[str, str]


class StageCost(Part):
    name: str
    seconds: float


class ExportCost(Part):
    seconds: float
    cpu_seconds: float
    """Of all its processes; what a busy machine stretches least."""
    peak_gb: float
    others_percent: float
    """Share of all cores that other processes used in that time."""
    passed: bool
    stages: tuple[StageCost, ...]


class Exports(Part):
    conditions: Conditions
    models: dict[str, ExportCost]


class Agreement(Part):
    """int8 against PyTorch in float32, in one runtime."""

    runtime: str
    clips: int
    cosine_mean: float
    cosine_min: float
    worst_clip: str


class Accuracy(Part):
    conditions: Conditions
    calibration: str
    verification: str
    weights: str
    models: dict[str, tuple[Agreement, ...]]


class Contender(Part):
    title: str
    file_mb: float
    median_ms: float
    min_ms: float
    cosine: float | None = None
    """Mean against PyTorch, to show that it computes the same network; None: see the accuracy table."""


class Ratio(Part):
    median: float
    """Of the ratios of every round."""
    low: float
    high: float
    """Quartiles."""
    least: float
    """Of the least times, which other processes disturb the least."""

    @property
    def in_order(self) -> tuple[float, ...]:
        return self.median, self.low, self.high, self.least


class Latency(Part):
    conditions: Conditions
    threads: int
    rounds: int
    repeats: int
    contenders: dict[str, Contender]
    ratios: dict[str, Ratio]
    skipped: dict[str, str] = Field(default_factory=dict)
    """What was not measured, and why."""


class LoweringCost(Part):
    seconds: float
    """From the exported ONNX file to the 4D one, the process already started."""
    mebibytes: float
    """Peak above that of the started process."""
    model_mebibytes: float
    """Size of the exported file."""


class Lowerings(Part):
    conditions: Conditions
    networks: dict[str, LoweringCost]


class Conv3dSpeed(Part):
    """Our exact int8 file and TensorFlow's float CONV_3D file of one network."""

    clip: str
    ours_ms: float
    peer_ms: float
    faster: Ratio
    """The peer's time over ours."""


class Conv3dSpeeds(Part):
    conditions: Conditions
    threads: int
    rounds: int
    networks: dict[str, Conv3dSpeed]
    skipped: dict[str, str] = Field(default_factory=dict)
    """Networks of which TensorFlow has no such file, and why."""


class StripVela(Part):
    """One file through Vela."""

    target: str
    version: str
    file: str
    """'frames', or 'strip-' and how gaps are cleared."""
    on_npu: int
    on_cpu: int
    ms: float
    """Vela's own estimate of the ops on the NPU."""
    sram_mib: float


class StripNet(Part):
    """A network as a batch of frames and as strips of batch 1, in full int8."""

    clip: str
    ops: dict[str, int]
    """By file."""
    steps_apart: dict[str, int]
    """Largest difference of an output to that of the frames, in steps of int8, by strip file."""
    vela: tuple[StripVela, ...]

    @property
    def strips(self) -> tuple[StripVela, ...]:
        return tuple(v for v in self.vela if v.file != "frames")

    def run(self, target: str, major: str, frames: bool) -> StripVela | None:
        """What a version of Vela made of the one or the other for a target."""
        fits = (
            v
            for v in self.vela
            if v.target == target and v.version.startswith(f"{major}.") and (v.file == "frames") is frames
        )
        return next(fits, None)


class StripSpeed(Part):
    """The same on a CPU."""

    frames_ms: float
    strip_ms: float
    slower: Ratio
    """The time of the strips over that of the frames."""


class CheckCost(Part):
    """`edgeconv check`, from the start of the process to its end."""

    megabytes: float
    targets: tuple[str, ...]
    seconds: float


class StripSpeeds(Part):
    conditions: Conditions
    threads: int
    rounds: int
    gaps: str
    """The strip file that was run."""
    networks: dict[str, StripSpeed]
    check: CheckCost


class PeerCost(Part):
    """What another converter took for its int8 file; from the run that filled the cache."""

    seconds: float
    peak_gb: float


class Results(Part):
    exports: Exports | None = None
    accuracy: dict[str, Accuracy] = Field(default_factory=dict)
    """'synthetic', and 'videos' where a folder was given."""
    latency: Latency | None = None
    lowerings: Lowerings | None = None
    conv3d: Conv3dSpeeds | None = None
    strips: dict[str, StripNet] = Field(default_factory=dict)
    strip_speeds: StripSpeeds | None = None
    peers: dict[str, PeerCost] = Field(default_factory=dict)


def load(path: Path) -> Results:
    return Results.model_validate_json(path.read_text(encoding="utf-8")) if path.is_file() else Results()


def save(results: Results, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(results.model_dump_json(indent=2) + "\n", encoding="utf-8")
