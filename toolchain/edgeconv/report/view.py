"""What the renderings share: the verdict in words, the notices, the key numbers, the totals of a coverage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from edgeconv.core.drift import DriftPoint
from edgeconv.core.report import Artifact, Coverage, OpVerdict, ParityPair, Quantization, Report, Status, Verdict
from edgeconv.report import format as fmt

VERDICTS: tuple[Verdict, ...] = ("accelerated", "cpu", "unsupported", "unknown")
LABELS: dict[Verdict, str] = {
    "accelerated": "accelerated",
    "cpu": "on the CPU",
    "unsupported": "unsupported",
    "unknown": "unknown",
}
MARKS: dict[Status, str] = {"ok": "✓", "warning": "!", "failed": "✗", "skipped": "–"}


@dataclass(frozen=True)
class Fact:
    """One key number."""

    label: str
    value: str
    note: str = ""
    of_target: bool = False
    """True when it repeats what the coverage of one target says."""


@dataclass(frozen=True)
class Part:
    """The ops of one verdict within a coverage."""

    verdict: Verdict
    label: str
    ops: int
    macs: int
    share: float
    """Of all MACs; of all ops when the MACs are unknown."""
    bytes: int
    """Of all tensors that its ops read or write, weights included."""


@dataclass(frozen=True)
class Run:
    """Ops next to one another in the file that share a verdict."""

    verdict: Verdict
    label: str
    first: int
    last: int
    histogram: Mapping[str, int]

    @property
    def words(self) -> str:
        """'7–9: on the CPU (2 SOFTMAX, 1 RELU)'; of accelerated ops only how many."""
        span = f"{self.first}" if self.first == self.last else f"{self.first}–{self.last}"
        named = "" if self.verdict == "accelerated" else f" ({histogram_words(self.histogram)})"
        return f"{span}: {self.label}{named}"


@dataclass(frozen=True)
class OpGroup:
    """All ops of one type within a coverage."""

    op: str
    ops: tuple[OpVerdict, ...]

    def count(self, verdict: Verdict) -> int:
        return sum(o.verdict == verdict for o in self.ops)

    @property
    def macs(self) -> int:
        return sum(o.macs for o in self.ops)

    @property
    def bytes(self) -> int:
        return sum(o.bytes for o in self.ops)


@dataclass(frozen=True)
class CoverageView:
    """A coverage with its totals."""

    coverage: Coverage
    parts: tuple[Part, ...]
    """One per verdict that occurs, in the order of VERDICTS."""
    groups: tuple[OpGroup, ...]
    """Most MACs first."""
    held_back: tuple[OpVerdict, ...]
    """Ops that are not accelerated, in file order."""
    measure: str
    """What the shares are shares of: 'MACs' or 'ops'."""
    runs: tuple[Run, ...]
    """The file from its first op to its last, cut where the verdict changes."""

    @property
    def accelerated(self) -> float:
        return next((p.share for p in self.parts if p.verdict == "accelerated"), 0.0)

    @property
    def headline(self) -> str:
        if not self.coverage.ops:
            return "no ops were judged"
        return (
            f"{fmt.share(self.accelerated)} of {self.measure} accelerated "
            f"({self.coverage.count('accelerated')} of {fmt.plural(len(self.coverage.ops), 'op')})"
        )


def coverage_view(coverage: Coverage) -> CoverageView:
    total = sum(o.macs for o in coverage.ops)
    parts = []
    for verdict in VERDICTS:
        ops, macs = coverage.count(verdict), coverage.macs(verdict)
        if ops:
            share = macs / total if total else ops / len(coverage.ops)
            parts.append(Part(verdict, LABELS[verdict], ops, macs, share, coverage.size(verdict)))
    by_type: dict[str, list[OpVerdict]] = {}
    for op in coverage.ops:
        by_type.setdefault(op.op, []).append(op)
    groups = sorted(
        (OpGroup(op, tuple(ops)) for op, ops in by_type.items()), key=lambda g: (-g.macs, -len(g.ops), g.op)
    )
    held_back = tuple(o for o in coverage.ops if o.verdict != "accelerated")
    return CoverageView(
        coverage, tuple(parts), tuple(groups), held_back, "MACs" if total else "ops", tuple(_runs(coverage))
    )


def _runs(coverage: Coverage) -> Iterator[Run]:
    for verdict, group in groupby(coverage.ops, key=lambda o: o.verdict):
        ops = list(group)
        yield Run(verdict, LABELS[verdict], ops[0].index, ops[-1].index, Counter(o.op for o in ops))


def verdict_word(report: Report) -> str:
    return "PASSED" if report.passed else "FAILED"


def verdict_reason(report: Report) -> str:
    """The rest of the verdict sentence: 'all 14 gates held'."""
    total, failed = len(report.gates), len(report.failed_gates)
    if failed:
        return f"{failed} of {fmt.plural(total, 'gate')} did not hold"
    if total == 0:
        return "no gate was checked"
    return "the one gate held" if total == 1 else f"all {total} gates held"


def notices(report: Report) -> tuple[str, ...]:
    """What must be in plain sight: the report's warnings, and what its other parts say if no warning did."""
    found = list(report.warnings)

    def add_unless(word: str, sentence: str) -> None:
        if not any(word in w.lower() for w in report.warnings):
            found.append(sentence)

    if report.source.untrained:
        add_unless("untrained", f"Untrained weights: {report.source.weights}")
    for clips in report.clip_sets:
        if clips.synthetic:
            add_unless("synthetic", f"Synthetic {clips.role} clips: {clips.origin}")
    if not report.gates:
        add_unless("gate", "No gate was checked, so the verdict proves nothing.")
    if report.passed:  # else the failed gates say it
        for stage in report.stages:
            if stage.status == "failed":
                found.append(f"Stage '{stage.name}' failed though every gate held: {stage.summary}")
    for pair in report.parity:
        if pair.failure:
            add_unless(pair.candidate.lower(), f"{pair.candidate} gave no numbers; the parity table says why.")
    return tuple(dict.fromkeys(found))


def delivered(report: Report) -> tuple[Artifact, ...]:
    """The files that the device runs: the parts of a split network, compiled ones if there are; else the last .tflite,
    an int8 one before any other.
    """
    if report.split:
        compiled = {made.model: made.file for made in report.compilations if made.file}
        names = [compiled.get(part.file, part.file) for part in (report.split.backbone, report.split.head)]
        return tuple(a for name in names for a in report.artifacts if a.file == name)
    tflite = [a for a in report.artifacts if a.file.endswith(".tflite")]
    int8 = [a for a in tflite if "int8" in f"{a.file} {a.role}".lower()]
    return tuple((int8 or tflite or list(report.artifacts))[-1:])


def weakest_pair(report: Report) -> ParityPair | None:
    """The pair with numbers whose worst cosine is lowest."""
    return min((p for p in report.parity if not p.failure), key=lambda p: p.worst.cosine, default=None)


def key_numbers(report: Report) -> tuple[Fact, ...]:
    source, lowering = report.source, report.lowering
    facts = [Fact("Parameters", fmt.count(source.parameters))]
    if source.macs:
        facts.append(Fact("Compute", fmt.macs(source.macs), "one clip"))
    if files := delivered(report):
        ops = sum(sum(a.ops.values()) for a in files)
        names = ", ".join(a.file for a in files) + (f", {ops} ops" if ops else "")
        label = "Delivered file" + ("s" if len(files) > 1 else "")
        facts.append(Fact(label, fmt.size(sum(a.bytes for a in files)), names))
    facts.append(
        Fact("Highest rank", f"{lowering.max_rank_before} → {lowering.max_rank_after}", "before and after lowering")
    )
    left = f"{len(lowering.transposes)} / {len(lowering.tflite_transposes)}"
    none = not lowering.transposes and not lowering.tflite_transposes
    facts.append(Fact("Transposes left", "0" if none else left, "" if none else "in ONNX / in TFLite"))
    if pair := weakest_pair(report):
        facts.append(Fact("Lowest cosine", fmt.cosine(pair.worst.cosine), f"{pair.candidate}, clip {pair.worst_clip}"))
    for coverage in report.coverage:
        view = coverage_view(coverage)
        if coverage.ops:
            facts.append(Fact("Accelerated", fmt.share(view.accelerated), f"of {view.measure}, {coverage.title}", True))
    return tuple(facts)


AUDIBLE_DB = 20.0
"""An error of a tenth of the signal."""
COSTLIEST = 5


def costliest(report: Report) -> tuple[DriftPoint, ...]:
    """The operators that lose most, those that lose most first."""
    found = sorted((p for p in report.drift if p.causes), key=lambda p: -p.lost_db)
    return tuple(found[:COSTLIEST])


def drift_start(report: Report) -> str:
    """Where the error first passes a tenth of the signal, in one sentence; '' where nothing was compared."""
    if not report.drift:
        return ""
    first = next((p for p in report.drift if p.sqnr_db < AUDIBLE_DB), None)
    if first is None:
        return f"No tensor falls below {AUDIBLE_DB:.0f} dB, an error of a tenth of the signal."
    return f"The error first passes a tenth of the signal at {first.op} '{first.tensor}', {fmt.decibel(first.sqnr_db)}."


_RANGES = {"int8": (-128, 127), "uint8": (0, 255), "int16": (-32768, 32767)}


def quantization_words(q: Quantization) -> str:
    """What the numbers of a tensor mean, in one or two sentences."""
    if q.dtype not in _RANGES or q.scale == 0:
        return f"{q.dtype}: values are real values, nothing to convert."
    low, high = ((edge - q.zero_point) * q.scale for edge in _RANGES[q.dtype])
    return (
        f"One {q.dtype} step is {fmt.number(q.scale, 6)}; real 0 lies at q = {fmt.number(q.zero_point)}; "
        f"{q.dtype} spans {fmt.number(low)} to {fmt.number(high)}."
    )


def quantization_formula(q: Quantization) -> str:
    """real = scale * (q - zero_point) with the numbers filled in, or '' where nothing is to convert."""
    if q.dtype not in _RANGES or q.scale == 0:
        return ""
    zero = f"- {q.zero_point}" if q.zero_point >= 0 else f"+ {-q.zero_point}"
    return f"real = {q.scale:.9g} * (q {zero})"


def by_count(histogram: Mapping[str, int]) -> list[tuple[str, int]]:
    """Most frequent first, then by name."""
    return sorted(histogram.items(), key=lambda kv: (-kv[1], kv[0]))


def histogram_words(histogram: Mapping[str, int]) -> str:
    """'51 CONV_2D, 12 ADD'."""
    return ", ".join(f"{n} {name}" for name, n in by_count(histogram))


@dataclass(frozen=True)
class OpChange:
    """How often an op type occurs before and after lowering."""

    op: str
    before: int
    after: int


def op_changes(report: Report) -> tuple[OpChange, ...]:
    before, after = report.lowering.ops_before, report.lowering.ops_after
    rows = (OpChange(op, before.get(op, 0), after.get(op, 0)) for op in {*before, *after})
    return tuple(sorted(rows, key=lambda r: (-max(r.before, r.after), r.op)))
