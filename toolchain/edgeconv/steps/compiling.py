"""Compile: the device's own compiler makes the file that runs there, and says what the prediction was worth."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Sequence

from edgeconv import compilers, inspection, targets
from edgeconv.core.report import Compilation, Coverage, Gate, OpVerdict, PlacedOp
from edgeconv.steps.state import Road

SCRIPT = "compile.sh"
_PLACES = {True: "on the accelerator", False: "on the CPU"}


def compile_for_device(
    road: Road, coverage: Sequence[Coverage]
) -> tuple[tuple[Coverage, ...], tuple[Compilation, ...]]:
    """Compile what the device runs, where its target has a compiler; its verdicts take the place of the predicted ones.

    A compiler that is not installed is a warning, one that fails is a failed gate; either way the bundle holds the
    commands.

    Args:
        coverage: first of the files for the device, in their order.
    """
    judged, compilations = list(coverage), list[Compilation]()
    for at, name in enumerate(road.for_device):
        made = _compile(road, name)
        if made is not None and made.outcome == "compiled":
            judged[at], made = _overruled(road, coverage[at], made)
        if made is not None:
            compilations.append(made)
    if compilations:
        _write_script(road, compilations)
        _tell(road, compilations)
    return tuple(judged), tuple(compilations)


def _compile(road: Road, name: str) -> Compilation | None:
    with road.watch.stage("compile"):
        folder = road.staged.scratch / "compile" / name
        folder.mkdir(parents=True)
        shutil.copyfile(road.file(name), folder / name)
        made = compilers.compile_model(road.profile.target, road.summaries[name], folder, road.profile.compiler)
    if made is not None and made.outcome == "compiled":
        shutil.move(folder / made.file, road.file(made.file))
        road.summaries[made.file] = inspection.inspect_file(road.file(made.file))
    if made is not None and made.outcome != "absent":
        road.gates.append(_gate(made))
    return made


def _overruled(road: Road, predicted: Coverage, made: Compilation) -> tuple[Coverage, Compilation]:
    predicted = _of_version(road, predicted, made)
    wrong = _disagreements(predicted.ops, made.ops, made.compiler)
    ops = tuple(_judged(told, placed) for told, placed in zip(predicted.ops, made.ops, strict=True))
    tool = f"{made.compiler} {made.version}"
    return targets.rejudged(predicted, ops, tool), made.model_copy(update={"disagreements": wrong})


def _write_script(road: Road, compilations: Sequence[Compilation]) -> None:
    if (own := road.profile.compiler.config) is not None:
        road.file(own.name).write_text(own.text, encoding="utf-8")
    commands = "".join(f"{shlex.join(made.command)}\n" for made in compilations)
    road.file(SCRIPT).write_text(f'#!/bin/sh\nset -e\ncd "$(dirname "$0")"\n{commands}', "utf-8")
    road.file(SCRIPT).chmod(0o755)


def _tell(road: Road, compilations: Sequence[Compilation]) -> None:
    absent = dict.fromkeys(made.why for made in compilations if made.outcome == "absent")
    for why in absent:
        commands = "command" if len(compilations) == 1 else "commands"
        road.warnings.append(f"predicted, not compiled: {why}; {SCRIPT} holds the {commands}")
    if absent:
        road.done("compile", "predicted, not compiled", tuple(absent))
        return
    done = [made for made in compilations if made.outcome == "compiled"]
    wrong = sum(len(made.disagreements) for made in done)
    notes = [f"{made.model} was not compiled: {made.why}" for made in compilations if made.outcome == "failed"]
    if wrong:
        notes.append(f"{wrong} ops were predicted otherwise")
    ops = sum(len(made.ops) for made in done)
    taken = sum(made.count(True) for made in done)
    tool = f"{done[0].compiler} {done[0].version}: " if done else ""
    road.done("compile", f"{tool}{taken} of {ops} ops on the accelerator" if done else "not compiled", tuple(notes))


def _gate(made: Compilation) -> Gate:
    return Gate(
        name=f"compile: {made.compiler} takes {made.model}",
        passed=made.outcome == "compiled",
        measured=made.outcome,
        required="compiled",
        detail=made.why,
    )


def _of_version(road: Road, predicted: Coverage, made: Compilation) -> Coverage:
    """The prediction for the version that compiled, where there are rules for it."""
    version = ".".join(made.version.split(".")[:2])
    if version not in targets.get_target(made.target).editions:
        return predicted
    found = targets.check(road.summaries[made.model], f"{made.target}@{version}")
    return found.model_copy(update={"target": predicted.target, "file": predicted.file})


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
