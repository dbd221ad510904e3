"""Recipe: tensors in more than 8 bits, because the profile names them or because int8 alone is not enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edgeconv import inspection, parity, recipes, runtimes, targets, tflite
from edgeconv.core.errors import UsageError
from edgeconv.core.layout import Array
from edgeconv.core.numbered import numbered
from edgeconv.core.recipe import Recipe, RecipeTrial
from edgeconv.core.summary import ModelSummary
from edgeconv.profiles import ExportProfile
from edgeconv.steps.quantizing import quantized_graph
from edgeconv.steps.state import INT8, Calibration, Converted, Road, feeds

NEARER = 0.8
"""A search aims so much nearer to 1 than the thresholds do: it sees the calibration clips only."""
ADVICE = 4, 12
"""Clips that each file of an unasked-for search runs on, and files at most: it is to cost about what an export does."""
Wanted = Mapping[str, tflite.Wide]


@dataclass(frozen=True)
class Chosen:
    """What the int8 file is to be made of."""

    wide: Wanted
    """By tensor; {}: all in int8."""
    searched: tuple[RecipeTrial, ...] = ()
    reached: bool = True


def check_recipe(profile: ExportProfile) -> None:
    """
    Raises:
        UsageError: the recipe asks for what the target does not take.
    """
    recipe = profile.recipe
    asked = [p for p, names in recipe.wanted.items() if names and p not in recipe.allowed]
    if asked or (recipe.auto and not recipe.allowed):
        reasons = [f"{precision}: {', '.join(recipe.wanted[precision])}" for precision in asked]
        what = f"{' or '.join(recipe.allowed)} only" if recipe.allowed else "8 bits only"
        raise UsageError(
            f"the profile '{profile.name}' takes {what}: a recipe cannot have what it asks for",
            reasons=reasons or ["a search has nothing to try"],
            hint="leave the recipe out, or export for a target with CPU kernels (tflite, raspberry-pi)",
        )
    if (recipe.auto or any(recipe.wanted.values())) and profile.fold == "strip":
        raise UsageError("a recipe is not known in the strip fold", hint="give --fold frames, or leave the recipe out")


def choose_recipe(road: Road, converted: Converted, calibrated: Calibration) -> Chosen:
    """The tensors that the profile names, and with `auto` those that a search adds to reach its thresholds.

    Raises:
        UsageError: the profile names tensors that the network does not have.
    """
    named = tflite.named_tensors(converted.graph, road.profile.recipe.wanted)
    if not road.profile.recipe.auto:
        return Chosen(named)
    with road.watch.stage("recipe"):
        chosen = _search(road, converted, calibrated, named)
    found = len(chosen.wide) - len(named)
    last = chosen.searched[-1]
    if not found and chosen.reached:
        road.done("recipe", f"none is needed: cosine {last.cosine_mean:.4f}, worst {last.cosine_min:.4f}")
    elif chosen.reached:
        road.done("recipe", f"{found} tensors in more than 8 bits, after {len(chosen.searched)} trials")
    else:
        road.done("recipe", "no recipe found", ("none reaches the thresholds: see the trials in the report",))
    return chosen


def advise(road: Road, converted: Converted, calibrated: Calibration, chosen: Chosen) -> Recipe | None:
    """What the report tells: of the recipe that was delivered, or, where int8 fails its gates, of one that would do."""
    summary = road.summaries[INT8]
    if chosen.wide or chosen.searched:
        return _told(chosen, delivered=True, ops=_ops(summary))
    recipe = road.profile.recipe
    failed = [g for g in road.gates if not g.passed and g.name.startswith("parity: int8") and "cosine" in g.name]
    if not failed or not recipe.allowed or road.profile.fold == "strip":
        return None
    with road.watch.stage("recipe"):
        found = _search(road, converted, calibrated, {}, *ADVICE)
    if found.reached and found.wide:
        road.done("recipe", f"advice: {len(found.wide)} tensors in more than 8 bits would do")
    else:
        why = "int8 does on the calibration clips" if found.reached else "no recipe found that would do"
        road.done("recipe", f"no advice: {why}")
    return _told(found, delivered=False)


def _told(chosen: Chosen, delivered: bool, ops: dict[str, int] | None = None) -> Recipe:
    return Recipe(
        delivered=delivered,
        searched=bool(chosen.searched),
        reached=chosen.reached,
        int16=tuple(n for n, p in chosen.wide.items() if p == "int16"),
        float32=tuple(n for n, p in chosen.wide.items() if p == "float32"),
        ops=ops or {},
        trials=chosen.searched,
    )


def _ops(summary: ModelSummary) -> dict[str, int]:
    """Operators of a file by the precision that they work in."""
    counted = Counter("border" if o.op in ("QUANTIZE", "DEQUANTIZE") else o.outputs[0].dtype for o in summary.ops)
    return dict(sorted(counted.items()))


def _search(
    road: Road,
    converted: Converted,
    calibrated: Calibration,
    named: Wanted,
    clips: int | None = None,
    most: int | None = None,
) -> Chosen:
    """Precision by precision, those first that cost least, until one reaches the goal.

    Args:
        clips: the first so many calibration clips; None: all.
        most: files at most; None: as the profile says.
    """
    profile = road.profile
    goal = recipes.Score(
        mean=1 - NEARER * (1 - profile.parity.int8_cosine_mean), least=1 - NEARER * (1 - profile.parity.int8_cosine_min)
    )
    bench = _Bench(road, converted, calibrated, clips)
    budget = min(most or profile.recipe.trials, profile.recipe.trials)
    first = bench.score(named)
    trials = [RecipeTrial(precision="", tensors=len(named), cosine_mean=first.mean, cosine_min=first.least)]
    if first.reaches(goal):
        return Chosen(named, tuple(trials))
    order = bench.ranked(named)
    best, best_mean = dict(named), first.mean
    for precision in profile.recipe.allowed:
        left = budget - len(trials)
        candidates = bench.possible(order, precision)
        if not candidates or left < 1:
            continue

        def judge(names: tuple[str, ...], precision: tflite.Wide = precision) -> recipes.Score:
            return bench.score({**named, **dict.fromkeys(names, precision)})

        found = recipes.search(candidates, judge, goal, left)
        trials += [
            RecipeTrial(precision=precision, tensors=len(t.tensors), cosine_mean=t.score.mean, cosine_min=t.score.least)
            for t in found.trials
        ]
        wide = {**named, **dict.fromkeys(found.tensors, precision)}
        if found.reached:
            return Chosen(wide, tuple(trials))
        if found.score.mean > best_mean:
            best, best_mean = wide, found.score.mean
    return Chosen(best, tuple(trials), reached=False)


class _Bench:
    """Builds int8 files and runs them over the calibration clips."""

    def __init__(self, road: Road, converted: Converted, calibrated: Calibration, clips: int | None) -> None:
        self._clips = clips
        self._road, self._converted, self._calibrated = road, converted, calibrated
        self._feeds = feeds(converted.trace, road.clips["calibration"])
        self._model = road.staged.scratch / "trial.tflite"
        self._expected: list[Array] | None = None

    def score(self, wide: Wanted) -> recipes.Score:
        """Against the float file."""
        if self._expected is None:
            self._expected = self._outputs(self._road.frames)
        self._build(wide)
        got = self._outputs(self._model)
        names = [str(i) for i in range(len(got[0]))]
        compared = parity.pair("float", "trial", names, self._expected, got)
        if compared.failure:
            return recipes.Score(mean=0.0, least=0.0)
        return recipes.Score(mean=compared.mean.cosine, least=compared.worst.cosine)

    def ranked(self, named: Wanted) -> tuple[str, ...]:
        """One tensor of each group that must share its scale, those first whose operators add most noise."""
        self._build(named)
        request = runtimes.CompareRequest(
            reference=self._road.frames, candidate=self._model, feeds=self._feeds, threads=self._road.profile.threads
        )
        drifted = runtimes.compare_tensors(request).value.tensors
        graph, taken, order = self._converted.graph, {*named}, list[str]()
        ends = {*graph.inputs, *graph.outputs}
        for name in recipes.ranked(parity.diagnose(drifted, inspection.inspect_file(self._model))):
            if name not in taken and name not in ends:
                taken |= tflite.same_scale(graph, name)
                order.append(name)
        return tuple(order)

    def possible(self, order: Sequence[str], precision: tflite.Wide) -> tuple[str, ...]:
        """Those whose operators have a kernel in this precision, and that the target runs."""
        able = [name for name in order if tflite.has_kernels(self._converted.graph, name, precision)]
        if not able:
            return ()
        self._build(dict.fromkeys(able, precision))
        found = targets.check(inspection.inspect_file(self._model), self._road.profile.target)
        summary = inspection.inspect_file(self._model)
        refused = {
            t.name for o, v in zip(summary.ops, found.ops, strict=True) if v.verdict == "unsupported" for t in o.tensors
        }
        return tuple(name for name in able if not refused & {name, f"{name}/{precision}"})

    def _build(self, wide: Wanted) -> None:
        made = quantized_graph(self._road, self._converted, self._calibrated, wide)
        self._model.write_bytes(tflite.write(made, "trial"))

    def _outputs(self, model: Path) -> list[Array]:
        outputs = self._road.staged.scratch / "trial.npy"
        request = runtimes.RunRequest(
            runtime="litert",
            model=model,
            feeds=self._feeds,
            outputs=outputs,
            clips=self._clips,
            threads=self._road.profile.threads,
        )
        made = runtimes.run_model(request)
        self._road.watch.saw(made.peak_mib)
        return [np.load(numbered(outputs, i)) for i in range(made.value.outputs)]
