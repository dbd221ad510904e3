"""One function per aspect of a bundle; each yields what differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

from edgeconv.changes.change import MISSING, Change, Limits, Meaning, area, fallen, grown
from edgeconv.core.report import Artifact, Coverage, Measure, Quantization, Report

Item = TypeVar("Item")


def _both(before: Mapping[str, Item], after: Mapping[str, Item]) -> Iterator[tuple[str, Item | None, Item | None]]:
    """Everything that either has, by name; None: it is not there."""
    for name in dict.fromkeys((*before, *after)):
        yield name, before.get(name), after.get(name)


@area
def gates(before: Report, after: Report, _: Limits) -> Iterator[Change]:
    """A gate that no longer holds, or is no longer asked."""
    words = {True: "held", False: "failed"}
    for name, was, gate in _both(*({g.name: g for g in r.gates} for r in (before, after))):
        if gate is None:
            assert was is not None
            yield Change("gates", name, words[was.passed], "not asked")
        elif was is None and not gate.passed:
            yield Change("gates", name, MISSING, f"failed: {gate.measured}", Meaning.WORSE)
        elif was is not None and was.passed is not gate.passed:
            meaning = Meaning.BETTER if gate.passed else Meaning.WORSE
            yield Change("gates", name, words[was.passed], f"{words[gate.passed]}: {gate.measured}", meaning)


@area
def source(before: Report, after: Report, _: Limits) -> Iterator[Change]:
    """Another network, other weights, another target or fold: then the rest of the page compares unlike things."""
    pairs = {
        "target": (before.target, after.target),
        "network": (before.source.name, after.source.name),
        "weights": (before.source.weights, after.source.weights),
        "options": (_words(before.source.options), _words(after.source.options)),
        "fold": (before.lowering.fold, after.lowering.fold),
        "calibration": (_calibration(before), _calibration(after)),
        "split": (_split(before), _split(after)),
        "recipe": (_recipe(before), _recipe(after)),
    }
    for name, (was, now) in pairs.items():
        if was != now:
            yield Change("source", name, was, now)


def _calibration(report: Report) -> str:
    found = (f"{len(c.clips)} clips, {c.origin}" for c in report.clip_sets if c.role == "calibration")
    return next(found, MISSING)


def _recipe(report: Report) -> str:
    found = report.recipe
    return "; ".join(f"{p} {t}" for p, t in found.tensors) or "none" if found and found.delivered else "none"


def _split(report: Report) -> str:
    return f"at {report.split.cut}" if report.split else "no"


def _words(options: Mapping[str, str]) -> str:
    return ", ".join(f"{k}={v}" for k, v in sorted(options.items())) or MISSING


@area
def files(before: Report, after: Report, limits: Limits) -> Iterator[Change]:
    """Files that came or went, and their sizes."""
    for name, was, now in _both(*({a.file: a for a in r.artifacts} for r in (before, after))):
        if was is None or now is None:
            yield Change("files", name, _bytes(was), _bytes(now))
        elif was.bytes != now.bytes:
            yield Change("files", name, _bytes(was), _bytes(now), grown(was.bytes, now.bytes, limits))


def _bytes(artifact: Artifact | None) -> str:
    return f"{artifact.bytes:,} bytes" if artifact else MISSING


@area
def operators(before: Report, after: Report, _: Limits) -> Iterator[Change]:
    """Operators by kind in every file both have."""
    old = {a.file: a.ops for a in before.artifacts}
    for artifact in after.artifacts:
        was = old.get(artifact.file, artifact.ops)
        for op in sorted({*was, *artifact.ops}):
            a, b = was.get(op, 0), artifact.ops.get(op, 0)
            if a != b:
                yield Change("operators", f"{op} in {artifact.file}", str(a), str(b))


@area
def quantization(before: Report, after: Report, _: Limits) -> Iterator[Change]:
    """Types and scales of inputs and outputs: code on the device that holds them as numbers must follow."""
    for name, was, now in _both(*({q.tensor: q for q in (*r.inputs, *r.outputs)} for r in (before, after))):
        if was != now:
            yield Change("quantization", name, _meaning(was), _meaning(now))


def _meaning(found: Quantization | None) -> str:
    if found is None:
        return MISSING
    return f"{found.dtype} {list(found.shape)}, scale {found.scale:.6g}, zero point {found.zero_point}"


@area
def parity(before: Report, after: Report, limits: Limits) -> Iterator[Change]:
    """Mean and worst cosine of every comparison both made."""
    for name, was, pair in _both(*({f"{p.reference} → {p.candidate}": p for p in r.parity} for r in (before, after))):
        if was is None or pair is None:
            yield Change("parity", name, "compared" if was else MISSING, "compared" if pair else MISSING)
            continue
        if bool(was.failure) is not bool(pair.failure):
            meaning = Meaning.WORSE if pair.failure else Meaning.BETTER
            yield Change("parity", name, was.failure or "numbers", pair.failure or "numbers", meaning)
            continue
        for what, a, b in (
            ("mean cosine", was.mean.cosine, pair.mean.cosine),
            ("worst cosine", was.worst.cosine, pair.worst.cosine),
        ):
            told = f"{a:.5f}", f"{b:.5f}"
            if told[0] != told[1] and not pair.failure:
                yield Change("parity", f"{name}, {what}", *told, fallen(a, b, limits.cosine))


@area
def matrix(before: Report, after: Report, _: Limits) -> Iterator[Change]:
    """Runtimes that give numbers no longer, or others than expected; how far apart they are moves with any weight."""
    for name, was, now in _both(_cells(before), _cells(after)):
        if was != now:
            meaning = (
                Meaning.WORSE if now == "no numbers" else Meaning.BETTER if was == "no numbers" else Meaning.CHANGED
            )
            yield Change("parity matrix", name, was or MISSING, now or MISSING, meaning)
    for name, was, now in _both(_pairs(before), _pairs(after)):
        if was and now and was != now:
            meaning = Meaning.WORSE if now == _BEYOND else Meaning.BETTER if was == _BEYOND else Meaning.CHANGED
            yield Change("parity matrix", name, was, now, meaning)


_BEYOND = "farther apart than expected"


def _cells(report: Report) -> dict[str, str]:
    cells = ((f"{made.file} in {cell.name}", cell) for made in report.matrices for cell in made.cells)
    return {name: "no numbers" if cell.failure else "numbers" for name, cell in cells}


def _pairs(report: Report) -> dict[str, str]:
    return {
        f"{made.file}: {made.cells[p.first].name} / {made.cells[p.second].name}": (
            "equal" if not p.largest else "as near as expected" if p.passed else _BEYOND
        )
        for made in report.matrices
        for p in made.pairs
    }


@area
def coverage(before: Report, after: Report, limits: Limits) -> Iterator[Change]:
    """The share of the work each target accelerates, its delegate partitions, ops it does not run."""
    for name, was, found in _both(*({c.title: c for c in r.coverage} for r in (before, after))):
        if was is None or found is None:
            yield Change("coverage", name, "judged" if was else MISSING, "judged" if found else MISSING)
            continue
        a, b = _accelerated(was), _accelerated(found)
        if a != b:
            meaning = fallen(a, b, limits.accelerated)
            yield Change("coverage", f"share of the work accelerated on {name}", _share(a), _share(b), meaning)
        yield from _fewer_is_better(f"partitions on {name}", was.partitions, found.partitions)
        yield from _fewer_is_better(f"unsupported ops on {name}", was.count("unsupported"), found.count("unsupported"))


def _fewer_is_better(what: str, before: int | None, after: int | None) -> Iterator[Change]:
    """None: they were not counted."""
    if before is None or after is None or before == after:
        return
    yield Change("coverage", what, str(before), str(after), Meaning.WORSE if after > before else Meaning.BETTER)


def _share(share: float) -> str:
    return f"{100 * share:.2f} %"


def _accelerated(found: Coverage) -> float:
    """Of the MACs; of the ops where there are none."""
    macs = sum(o.macs for o in found.ops)
    return found.macs("accelerated") / macs if macs else found.count("accelerated") / max(len(found.ops), 1)


@area
def compilers(before: Report, after: Report, limits: Limits) -> Iterator[Change]:
    """What the device's own compiler measured of every file both compiled: cycles, time, memory."""
    old = {c.model: c for c in before.compilations}
    for made in after.compilations:
        was = old.get(made.model)
        if was is None:
            continue
        if was.outcome != made.outcome:
            meaning = Meaning.BETTER if made.outcome == "compiled" else Meaning.WORSE
            yield Change("compilers", made.model, was.outcome, made.outcome, meaning)
        numbers = {m.name: m for m in was.measures}
        for measure in made.measures:
            if measure.name in numbers and numbers[measure.name].value != measure.value:
                a, b = numbers[measure.name], measure
                meaning = grown(a.value, b.value, limits)
                yield Change("compilers", f"{b.name} of {made.model}", _amount(a), _amount(b), meaning)


def _amount(found: Measure) -> str:
    return f"{found.value:,.6g} {found.unit}".strip()


@area
def versions(before: Report, after: Report, _: Limits) -> Iterator[Change]:
    """What made the bundles."""
    for name, was, now in _both(_made_by(before), _made_by(after)):
        if was != now:
            yield Change("versions", name, was or MISSING, now or MISSING)


def _made_by(report: Report) -> dict[str, str]:
    made = report.provenance
    tools = {c.compiler: c.version or MISSING for c in report.compilations}
    own = {"edgeconv": made.edgeconv, "Python": made.python, "platform": made.platform, "seed": str(made.seed)}
    return {**own, f"profile {made.profile}": made.profile_sha256[:12], **made.packages, **tools}
