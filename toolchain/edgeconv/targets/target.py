"""A target: which ops a device takes, under which constraints, and what that means for a whole model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from edgeconv.core.report import Coverage, OpVerdict, Verdict
from edgeconv.core.summary import Format, ModelSummary, OpInfo, TensorInfo
from edgeconv.targets.constraint import Constraint, describe

PREDICTED = "Predicted, not compiled: "
"""Begins the warnings that hold only as long as no real compiler has judged."""

_GRAVEST_FIRST: tuple[Verdict, ...] = ("unsupported", "cpu", "unknown")


@dataclass(frozen=True)
class Placement:
    """Where the ops of a whole model run, after the device's partition rule."""

    ops: tuple[OpVerdict, ...]
    partitions: int | None = None
    """Delegate partitions, None when the device does not count them or they cannot be told."""
    judged_by: str = "predicted from the file"


@dataclass(frozen=True)
class Notes:
    """What a person should know or do, for this model on this target."""

    advice: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Target:
    """A device family. A target that asks a real compiler overrides :meth:`check`."""

    name: str
    title: str
    description: str
    ops: frozenset[str]
    """TFLite ops that the device itself can take."""
    constraints: tuple[Constraint, ...]
    consequences: Mapping[Verdict, str]
    """What each verdict means on this device, for people."""
    partition: Callable[[ModelSummary, tuple[OpVerdict, ...]], Placement]
    notes: Callable[[ModelSummary, Placement], Notes]
    versions: Mapping[str, str]
    """Tool or runtime -> the version that the rules hold for."""
    sources: tuple[str, ...]
    formats: tuple[Format, ...] = ("tflite",)
    """The files it judges."""
    editions: Mapping[str, Target] = field(default_factory=dict)
    """Rules of other versions of the device's tool, asked for as NAME@VERSION."""

    def check(self, summary: ModelSummary) -> Coverage:
        """Judge every op of a file."""
        summary = _weights_as_constants(summary)
        placement = self.partition(summary, tuple(self.judge(op) for op in summary.ops))
        notes = self.notes(summary, placement)
        return Coverage(
            target=self.name,
            summary=_in_one_sentence(placement),
            judged_by=placement.judged_by,
            ops=placement.ops,
            partitions=placement.partitions,
            advice=notes.advice,
            warnings=notes.warnings,
        )

    def judge(self, op: OpInfo) -> OpVerdict:
        """Ask every constraint that looks at this op; the gravest failure decides, all failures are told."""
        failures = [(c, f) for c in self.constraints if c.applies_to(op) and not (f := c(op)).passed]
        failures.sort(key=lambda failure: _GRAVEST_FIRST.index(failure[0].otherwise))
        verdict: Verdict = failures[0][0].otherwise if failures else "accelerated"
        return OpVerdict(
            index=op.index,
            op=op.op,
            name=op.name,
            verdict=verdict,
            reasons=tuple(f"{c.text} Here: {f.measured}." for c, f in failures),
            inputs=tuple(describe(t) for t in op.inputs if t is not None),
            outputs=tuple(describe(t) for t in op.outputs),
            bytes=sum(t.bytes for t in op.tensors),
            macs=op.macs,
        )


def _weights_as_constants(summary: ModelSummary) -> ModelSummary:
    """Treat the result of dequantizing a constant (float16 weights) as the constant it is."""

    def folded(tensor: TensorInfo) -> TensorInfo:
        return replace(tensor, constant=True) if tensor.name in weights else tensor

    weights = {
        o.outputs[0].name for o in summary.ops if o.op == "DEQUANTIZE" and all(t and t.constant for t in o.inputs)
    }
    if not weights:
        return summary
    ops = tuple(
        replace(o, inputs=tuple(t and folded(t) for t in o.inputs), outputs=tuple(map(folded, o.outputs)))
        for o in summary.ops
    )
    return replace(summary, ops=ops)


def rejudged(predicted: Coverage, ops: tuple[OpVerdict, ...], judged_by: str) -> Coverage:
    """The coverage with the verdicts of a real compiler in place of the predicted ones."""
    sentence = _in_one_sentence(Placement(ops, predicted.partitions))
    warnings = tuple(w for w in predicted.warnings if not w.startswith(PREDICTED))
    return predicted.model_copy(update={"ops": ops, "judged_by": judged_by, "summary": sentence, "warnings": warnings})


def _in_one_sentence(placement: Placement) -> str:
    total, macs = len(placement.ops), sum(o.macs for o in placement.ops)
    taken = [o for o in placement.ops if o.verdict == "accelerated"]
    share = f" ({100 * sum(o.macs for o in taken) / macs:.1f} % of the multiply-accumulates)" if macs else ""
    parts = [f"{len(taken)} of {total} ops accelerated{share}"]
    if placement.partitions is not None:
        parts[0] += f" in {placement.partitions} partition{'' if placement.partitions == 1 else 's'}"
    for verdict, words in (("cpu", "on the CPU"), ("unsupported", "unsupported"), ("unknown", "not known")):
        counts = Counter(o.op for o in placement.ops if o.verdict == verdict)
        if counts:
            parts.append(f"{words}: " + ", ".join(f"{n}× {op}" if n > 1 else op for op, n in counts.most_common()))
    return "; ".join(parts) + "."
