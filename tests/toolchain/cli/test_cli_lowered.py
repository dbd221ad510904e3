"""How a lowering that went wrong is told: the first layer that differs, what is before it, and how it lies."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from edgeconv.cli.lowered import as_dict, failed_gates, print_lowered
from edgeconv.core.report import InputInfo, StageTiming
from edgeconv.core.summary import ModelSummary, TensorInfo
from edgeconv.gates import gate_4d
from edgeconv.layerwise import Layer, OutputDifference, Verification
from edgeconv.lowering import Port, SimplifyOutcome
from edgeconv.short_road import LowerResult
from edgeconv.sources import Exported
from edgeconv.steps.lower_file import LoweredFile

GOOD = Verification(
    passed=True, tolerance=1e-5, samples=2, compared=1, outputs=(OutputDifference(name="y", relative=0),)
)


def layer(value: str, relative: float, alone: float) -> Layer:
    return Layer(
        value=value,
        op="Conv",
        relative=relative,
        alone=alone,
        shape=(2, 8, 6, 7, 5),
        tensor=f"{value}/Conv",
        lies="[12, 8, 7, 5] = [0·2, 1, 3, 4] (frames)",
        before=("Relu 'relu'", "Conv 'stem'"),
    )


BAD = Verification(
    passed=False,
    tolerance=1e-5,
    samples=2,
    compared=9,
    worst=layer("logits", 0.9, 0.0),
    culprits=tuple(layer(f"late{i}", 0.3, 0.2) for i in range(5)),
    inherited=3,
    outputs=(OutputDifference(name="y", relative=0.5), OutputDifference(name="z", relative=0.0)),
    uncompared={"it is a constant": ("a", "b")},
)


def result(verification: Verification | None, transposes: tuple[str, ...] = (), rank: int = 4) -> LowerResult:
    clip = TensorInfo("x", (2, 3, 6, 14, 10), "float32")
    flat = TensorInfo("x", (12, 3, 14, 10)[:rank] + (1,) * (rank - 4), "float32")
    before = ModelSummary("net.onnx", "onnx", 9, (), (clip,), (clip,), 18)
    after = ModelSummary("net_4d.onnx", "onnx", 9, (), (flat,), (flat,), 18)
    port = Port("x", clip.shape, (0, 2, 1, 3, 4), (12, 3, 14, 10))
    return LowerResult(
        path=Path("net_4d.onnx"),
        exported=Exported(
            inputs=(InputInfo(name="x", shape=clip.shape, layout="NCTHW"),),
            weights="as in the ONNX file",
            untrained=False,
            exporter="none: ONNX file",
            notes=("made static",),
        ),
        lowered=LoweredFile(
            inputs=(port,),
            outputs=(port,),
            rules={"Conv": 3},
            transposes=transposes,
            batch_norms=0,
            counterparts=(),
            merged=(),
            seconds=0.5,
        ),
        before=before,
        after=after,
        simplified=SimplifyOutcome(simplified=False, nodes_before=0, nodes_after=0, relative=0, notes=("it broke",)),
        structure=gate_4d("net_4d.onnx", after),
        verification=verification,
        timings=(
            StageTiming(name="lower", seconds=0.5, peak_mib=80),
            StageTiming(name="simplify", seconds=1, peak_mib=0),
        ),
    )


def text(made: LowerResult) -> str:
    console = Console(file=io.StringIO(), width=160)
    print_lowered(made, console)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_the_first_layer_to_differ_is_told_with_what_is_before_it() -> None:
    told = text(result(BAD))
    assert (
        told.index("FIRST TO DIFFER: Conv 'late0' [2, 8, 6, 7, 5]: 3.0e-01 of its scale, by itself 2.0e-01; lies [12")
        > 0
    )
    for words in (
        "before it: Relu 'relu', Conv 'stem'",
        "also by itself: Conv 'late1'",
        "and 2 more differ by themselves",
        "3 layers beyond 1e-05 only because of what reaches them",
        "2 values not: it is a constant",
        "output y of the file: 5.0e-01",
        "note            it broke",
        "✗ FAILED",
    ):
        assert words in told, told


def test_failed_gates_name_the_culprit_and_the_outputs() -> None:
    lines = list(failed_gates(result(BAD)))
    assert lines == [
        "gate failed: net_4d.onnx: layers that differ by themselves: measured 5, required 0 "
        "(the first is Conv 'late0')",
        "gate failed: net_4d.onnx: outputs: measured 5.0e-01 of scale, required at most 1e-05 of scale ('y')",
    ]


def test_a_comparison_that_died_is_told() -> None:
    died = result(Verification(passed=False, tolerance=1e-5, died="the comparison was killed by SIGSEGV"))
    assert not died.passed
    assert "the comparison did not come to its end: the comparison was killed by SIGSEGV" in text(died)


def test_structure_fails_without_any_comparison() -> None:
    made = result(None, rank=5)
    assert not made.passed
    assert [g.name for g in made.gates if not g.passed] == ["net_4d.onnx: max rank"]
    assert "layer by layer" not in text(made)


@pytest.mark.parametrize(("count", "told"), [(0, "none"), (3, "3, caused by"), (25, "and 5 more")])
def test_transposes_are_listed_up_to_a_number(count: int, told: str) -> None:
    made = result(GOOD, tuple(f"MatMul 'm{i}': 2×3" for i in range(count)))
    assert made.passed
    assert told in text(made)
    assert len(as_dict(made)["transposes"]) == count


def test_the_document_is_strict_json() -> None:
    document = json.loads(json.dumps(as_dict(result(BAD)), allow_nan=False))
    assert document["verification"]["culprits"][0]["before"] == ["Relu 'relu'", "Conv 'stem'"]
    assert document["notes"] == ["made static", "it broke"]
    assert [g["passed"] for g in document["gates"]] == [True, True, True, False, False]
