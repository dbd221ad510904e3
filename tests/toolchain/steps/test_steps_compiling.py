"""The compile step: the compiler's verdicts replace the predicted ones, and its absence or failure is told."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from compilers_cases import EDGETPU_LOG, given, last_two, program
from vela_nets import written

from edgeconv import bundle, sources, targets
from edgeconv.core.progress import Silent, Stopwatch
from edgeconv.core.report import Coverage
from edgeconv.inspection import inspect_file
from edgeconv.steps.compiling import compile_for_device
from edgeconv.steps.profile import choose_profile
from edgeconv.steps.state import INT8, ExportRequest, Road

VARIABLE = "EDGECONV_EDGETPU_COMPILER"
COMPILED = "model_int8_edgetpu.tflite"


@pytest.fixture
def road(tmp_path: Path) -> Iterator[Road]:
    request = ExportRequest(
        sources.SourceSpec(text="m.onnx", kind="onnx file", location="m.onnx"),
        choose_profile("coral", None),
        tmp_path / "out",
    )
    with bundle.StagedFolder(request.out) as staged:
        made = Road(request, staged, Stopwatch(Silent()))
        made.file(INT8).write_bytes(Path(given(tmp_path).path).read_bytes())
        made.summaries[INT8] = inspect_file(made.file(INT8))
        yield made


def predicted(road: Road) -> Coverage:
    return targets.check(road.summaries[INT8], "coral")


def test_the_compiler_overrules_the_prediction(road: Road, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = tmp_path / "left.tflite"
    left.write_bytes(written({"net": last_two}))
    fake = program(tmp_path / "fake", f"os.rename({str(left)!r}, {COMPILED!r})\nprint({EDGETPU_LOG!r})\n")
    monkeypatch.setenv(VARIABLE, str(fake))
    (coverage,), (made,) = compile_for_device(road, (predicted(road),))
    assert coverage.judged_by == "edgetpu_compiler 16.0.384591198"
    assert [o.verdict for o in coverage.ops] == ["accelerated", "cpu", "cpu"]
    assert "unspecified limitation" in coverage.ops[1].reasons[0]
    assert coverage.summary.startswith("1 of 3 ops accelerated")
    assert not any(w.startswith("Predicted") for w in coverage.warnings)
    wrong = [o.name for o in predicted(road).ops if o.verdict == "accelerated" and o.op != "CONV_2D"]
    assert [line.split("'")[1] for line in made.disagreements] == wrong
    assert road.file(COMPILED).exists()
    assert COMPILED in road.summaries
    assert all(g.passed for g in road.gates)


def test_without_the_compiler_the_bundle_holds_the_command(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "/no/such/program")
    (coverage,), (made,) = compile_for_device(road, (predicted(road),))
    assert made.outcome == "absent"
    assert coverage.ops == predicted(road).ops
    assert coverage.judged_by.endswith("not compiled")
    assert any(w.startswith("predicted, not compiled") for w in road.warnings)
    assert road.file("compile.sh").read_text().splitlines()[-1] == "edgetpu_compiler -s model_int8.tflite"
    assert os.access(road.file("compile.sh"), os.X_OK)
    assert road.gates == []


def test_a_compiler_that_fails_is_a_failed_gate(road: Road, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = program(tmp_path / "fake", "print('Compilation failed due to large activation tensors'); sys.exit(1)")
    monkeypatch.setenv(VARIABLE, str(fake))
    compile_for_device(road, (predicted(road),))
    (gate,) = road.gates
    assert (gate.passed, gate.measured) == (False, "failed")
    assert "large activation tensors" in gate.detail


@pytest.mark.parametrize("target", ["ethos-u55-64", "ethos-u65-256", "ethos-u85-2048"])
def test_every_size_of_a_family_has_a_profile(target: str) -> None:
    assert choose_profile(target, None).target == target
    assert choose_profile(target, target.rpartition("-")[0]).target == target
