"""Every aspect: a loss, a gain and a mere change, from one report changed in one place."""

from __future__ import annotations

from typing import Any

import pytest
from report_cases import build_report
from test_report_compilation import COMPILED
from test_report_recipe import DELIVERED
from test_report_split import SPLIT

from edgeconv.changes import Change, Limits, Meaning, compare_reports
from edgeconv.core.matrix import Matrix, MatrixCell, MatrixPair
from edgeconv.core.report import Report

PLAIN = build_report()
WORSE, BETTER, CHANGED = Meaning.WORSE, Meaning.BETTER, Meaning.CHANGED


def edited(section: str, index: int, **update: Any) -> Report:
    """PLAIN with one element of a section changed."""
    items = list(getattr(PLAIN, section))
    items[index] = items[index].model_copy(update=update)
    return PLAIN.model_copy(update={section: tuple(items)})


def without(section: str, index: int) -> Report:
    items = list(getattr(PLAIN, section))
    del items[index]
    return PLAIN.model_copy(update={section: tuple(items)})


def only(before: Report, after: Report, limits: Limits | None = None) -> Change:
    (change,) = compare_reports(before, after, limits)
    return change


def cosine(mean: float) -> Report:
    pair = PLAIN.parity[2]
    return edited("parity", 2, mean=pair.mean.model_copy(update={"cosine": mean}))


def compiled(**update: Any) -> Report:
    return PLAIN.model_copy(update={"compilations": (COMPILED.model_copy(update=update),)})


def measured(factor: float) -> Report:
    measures = tuple(
        m.model_copy(update={"value": m.value * f}) for m, f in zip(COMPILED.measures, (factor, 1), strict=True)
    )
    return compiled(measures=measures)


def verdicts(verdict: str, count: int) -> Report:
    ops = list(PLAIN.coverage[0].ops)
    for at in [i for i, o in enumerate(ops) if o.verdict == "accelerated"][:count]:
        ops[at] = ops[at].model_copy(update={"verdict": verdict})
    return edited("coverage", 0, ops=tuple(ops))


def of(section: str, **update: Any) -> Report:
    return PLAIN.model_copy(update={section: getattr(PLAIN, section).model_copy(update=update)})


def matrix(apart: float = 0.0, failure: str = "") -> Report:
    cells = tuple(MatrixCell(runtime=name, failure=why) for name, why in (("litert", ""), ("other", failure)))
    pair = MatrixPair(first=0, second=1, apart=apart, largest=apart, limit=2, expected="kernels")
    pairs = () if failure else (pair,)
    made = Matrix(file="int8 TFLite", unit="steps RMS", clips=2, cells=cells, pairs=pairs, why={"kernels": ""})
    return PLAIN.model_copy(update={"matrices": (made,)})


PACKAGES = {**PLAIN.provenance.packages, "torch": "9"}
MEAN = PLAIN.parity[2].mean.cosine
SIZE = PLAIN.artifacts[2].bytes
CASES: dict[str, tuple[Report, Report, str, Meaning]] = {
    "a gate fails": (PLAIN, edited("gates", 0, passed=False), "gates", WORSE),
    "a gate holds again": (edited("gates", 0, passed=False), PLAIN, "gates", BETTER),
    "a new gate fails": (without("gates", 1), edited("gates", 1, passed=False), "gates", WORSE),
    "a gate is not asked": (PLAIN, without("gates", 2), "gates", CHANGED),
    "other weights": (PLAIN, of("source", weights="w2"), "source", CHANGED),
    "another target": (PLAIN, PLAIN.model_copy(update={"target": "coral"}), "source", CHANGED),
    "recipe": (PLAIN, PLAIN.model_copy(update={"recipe": DELIVERED}), "source", CHANGED),
    "split": (PLAIN, PLAIN.model_copy(update={"split": SPLIT}), "source", CHANGED),
    "a file grows": (PLAIN, edited("artifacts", 2, bytes=int(SIZE * 1.021)), "files", WORSE),
    "a file grows a little": (PLAIN, edited("artifacts", 2, bytes=int(SIZE * 1.019)), "files", CHANGED),
    "a file shrinks": (PLAIN, edited("artifacts", 2, bytes=int(SIZE * 0.9)), "files", BETTER),
    "a file goes": (PLAIN, without("artifacts", 0), "files", CHANGED),
    "another operator": (PLAIN, edited("artifacts", 1, ops={"CONV_2D": 63}), "operators", CHANGED),
    "another scale": (PLAIN, edited("inputs", 0, scale=0.5), "quantization", CHANGED),
    "cosine falls": (PLAIN, cosine(MEAN - 0.006), "parity", WORSE),
    "cosine falls a little": (PLAIN, cosine(MEAN - 0.004), "parity", CHANGED),
    "cosine rises": (cosine(MEAN - 0.006), PLAIN, "parity", BETTER),
    "cosine is no number": (PLAIN, cosine(float("nan")), "parity", WORSE),
    "a runtime crashes": (PLAIN, edited("parity", 3, failure="it crashed"), "parity", WORSE),
    "a runtime recovers": (edited("parity", 3, failure="it crashed"), PLAIN, "parity", BETTER),
    "a runtime is not asked": (PLAIN, without("parity", 3), "parity", CHANGED),
    "more partitions": (PLAIN, edited("coverage", 0, partitions=2), "coverage", WORSE),
    "fewer partitions": (edited("coverage", 0, partitions=2), PLAIN, "coverage", BETTER),
    "partitions not counted": (PLAIN, edited("coverage", 0, partitions=None), "", CHANGED),
    "a target is not judged": (PLAIN, without("coverage", 1), "coverage", CHANGED),
    "it no longer compiles": (compiled(), compiled(outcome="failed"), "compilers", WORSE),
    "it compiles": (compiled(outcome="absent"), compiled(), "compilers", BETTER),
    "more cycles": (compiled(), measured(1.03), "compilers", WORSE),
    "fewer cycles": (compiled(), measured(0.97), "compilers", BETTER),
    "runtimes part": (matrix(1), matrix(3), "parity matrix", WORSE),
    "runtimes meet": (matrix(3), matrix(1), "parity matrix", BETTER),
    "runtimes are equal no longer": (matrix(0), matrix(1), "parity matrix", CHANGED),
    "runtimes part a little": (matrix(1), matrix(1.9), "", CHANGED),
    "a cell crashes": (matrix(1), matrix(failure="SIGABRT"), "parity matrix", WORSE),
    "a cell runs again": (matrix(failure="SIGABRT"), matrix(1), "parity matrix", BETTER),
    "another torch": (PLAIN, of("provenance", packages=PACKAGES), "versions", CHANGED),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_one_change(name: str) -> None:
    before, after, area, meaning = CASES[name]
    if not area:
        assert compare_reports(before, after) == ()
        return
    change = only(before, after)
    assert (change.area, change.meaning) == (area, meaning)
    assert change.before != change.after


def test_work_that_falls_back_to_the_cpu() -> None:
    told = compare_reports(PLAIN, verdicts("cpu", 60))
    assert [c.meaning for c in told] == [WORSE]
    assert "accelerated" in told[0].what


def test_ops_that_do_not_run() -> None:
    told = compare_reports(PLAIN, verdicts("unsupported", 1))
    assert WORSE in [c.meaning for c in told if "unsupported" in c.what]


def test_the_limits_are_the_callers() -> None:
    grown = edited("artifacts", 2, bytes=int(SIZE * 1.05))
    assert only(PLAIN, grown, Limits(growth=0.1)).meaning is CHANGED
    assert only(PLAIN, cosine(MEAN - 0.006), Limits(cosine=0.1)).meaning is CHANGED


@pytest.mark.parametrize(
    "report", [PLAIN, build_report(failing=True), compiled(), PLAIN.model_copy(update={"split": SPLIT})]
)
def test_nothing_changed(report: Report) -> None:
    assert compare_reports(report, report) == ()
