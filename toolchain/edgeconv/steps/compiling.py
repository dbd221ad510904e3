"""Compile: the device's own compiler makes the file that runs there, and says what the prediction was worth."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Sequence

from edgeconv import compilers, inspection, targets
from edgeconv.core.report import Compilation, Coverage, Gate, OpVerdict, PlacedOp
from edgeconv.steps.state import INT8, Road

SCRIPT = "compile.sh"
_PLACES = {True: "on the accelerator", False: "on the CPU"}


def compile_for_device(
    road: Road, coverage: Sequence[Coverage]
) -> tuple[tuple[Coverage, ...], tuple[Compilation, ...]]:
    """Compile the int8 file where its target has a compiler; the first coverage is then the compiler's.

    A compiler that is not installed is a warning, one that fails is a failed gate; either way the bundle holds the
    command.
    """
    target = road.profile.target.partition("@")[0]
    summary = road.summaries[INT8]
    with road.watch.stage("compile"):
        folder = road.staged.scratch / "compile"
        folder.mkdir()
        shutil.copyfile(road.file(INT8), folder / INT8)
        made = compilers.compile_model(target, summary, folder)
    if made is None:
        return tuple(coverage), ()
    road.file(SCRIPT).write_text(f'#!/bin/sh\nset -e\ncd "$(dirname "$0")"\n{shlex.join(made.command)}\n', "utf-8")
    road.file(SCRIPT).chmod(0o755)
    predicted, *others = coverage
    if made.outcome != "compiled":
        _not_compiled(road, made)
        return tuple(coverage), (made,)
    shutil.move(folder / made.file, road.file(made.file))
    road.summaries[made.file] = inspection.inspect_file(road.file(made.file))
    tool = f"{made.compiler} {made.version}"
    predicted = _of_version(road, predicted, made)
    made = made.model_copy(update={"disagreements": _disagreements(predicted.ops, made.ops, made.compiler)})
    road.gates.append(_gate(made, passed=True))
    road.done(
        "compile",
        f"{tool}: {made.count(True)} of {len(made.ops)} ops on the accelerator",
        (f"{len(made.disagreements)} ops were predicted otherwise",) if made.disagreements else (),
    )
    ops = tuple(_judged(told, placed) for told, placed in zip(predicted.ops, made.ops, strict=True))
    return (targets.rejudged(predicted, ops, tool), *others), (made,)


def _not_compiled(road: Road, made: Compilation) -> None:
    if made.outcome == "absent":
        road.warnings.append(f"predicted, not compiled: {made.why}; {SCRIPT} holds the command")
        road.done("compile", "predicted, not compiled", (made.why,))
    else:
        road.gates.append(_gate(made, passed=False))
        road.done("compile", "not compiled", (made.why,))


def _gate(made: Compilation, passed: bool) -> Gate:
    return Gate(
        name=f"compile: {made.compiler} takes {INT8}",
        passed=passed,
        measured=made.outcome,
        required="compiled",
        detail=made.why,
    )


def _of_version(road: Road, predicted: Coverage, made: Compilation) -> Coverage:
    """The prediction for the version that compiled, where there are rules for it."""
    version = ".".join(made.version.split(".")[:2])
    if version not in targets.get_target(made.target).editions:
        return predicted
    found = targets.check(road.summaries[INT8], f"{made.target}@{version}")
    return found.model_copy(update={"target": predicted.target})


def _disagreements(predicted: Sequence[OpVerdict], placed: Sequence[PlacedOp], compiler: str) -> tuple[str, ...]:
    return tuple(
        f"{op.op} '{op.name}' was predicted {_PLACES[told.verdict == 'accelerated']}"
        + (f" ({'; '.join(told.reasons)})" if told.reasons else "")
        + f", {compiler} puts it {_PLACES[op.accelerated]}"
        + (f" ({'; '.join(op.reasons)})" if op.reasons else "")
        for told, op in zip(predicted, placed, strict=True)
        if told.verdict != "unknown" and (told.verdict == "accelerated") is not op.accelerated
    )


def _judged(told: OpVerdict, placed: PlacedOp) -> OpVerdict:
    if placed.accelerated:
        return told.model_copy(update={"verdict": "accelerated", "reasons": ()})
    reasons = placed.reasons or told.reasons
    return told.model_copy(update={"verdict": "unsupported" if told.verdict == "unsupported" else "cpu",
                                   "reasons": reasons})  # fmt: skip
