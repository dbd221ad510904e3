"""`inspect` and `check` on a real bundle."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_tools import Exported, edgeconv

from edgeconv.cli.coverage import failing
from edgeconv.core.report import Coverage, OpVerdict, Verdict


def test_inspect_proves_the_int8_file(exported: Exported) -> None:
    ran = edgeconv("inspect", exported.bundle / "model_int8.tflite", "--json")
    found = json.loads(ran.out)
    assert ran.code == 0
    assert found["transposes"] == 0
    assert found["op_histogram"].get("CONV_3D", 0) == 0
    assert found["max_rank"] == 4
    assert set(found["dtypes"]) == {"int8", "int32"}
    assert found["float_islands"] == []


def test_inspect_proves_the_onnx_file(exported: Exported) -> None:
    found = json.loads(edgeconv("inspect", exported.bundle / "model.onnx", "--json").out)
    assert (found["transposes"], found["max_rank"], found["opset"]) == (0, 4, 18)


def test_inspect_for_people_fits_80_columns(exported: Exported) -> None:
    ran = edgeconv("inspect", exported.bundle / "model_int8.tflite", COLUMNS="80")
    assert ran.code == 0
    assert "CONV_2D" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80


def test_check_compares_targets_side_by_side(exported: Exported) -> None:
    ran = edgeconv("check", exported.bundle / "model_int8.tflite", "-t", "tflite", "-t", "coral", COLUMNS="80")
    assert ran.code == 0
    totals = ran.out.split("Operators")[0]
    assert "tflite" in totals
    assert "coral" in totals
    assert "coral: on the CPU [1]" in ran.out
    assert "[1]  Only the 3 innermost dimensions" in ran.out
    assert "✓ PASSED tflite" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80


def test_check_fails_on_fallback_when_asked(exported: Exported) -> None:
    arguments = ("check", exported.bundle / "model_int8.tflite", "--fail-on", "fallback", "--json")
    good, bad = edgeconv(*arguments, "-t", "tflite"), edgeconv(*arguments, "-t", "tflite", "-t", "coral")
    assert good.code == 0
    assert json.loads(good.out)["passed"] is True
    assert bad.code == 1
    document = json.loads(bad.out)
    assert document["passed"] is False
    tflite, coral = document["targets"]
    assert tflite["passed"] is True
    assert coral["passed"] is False
    assert coral["totals"]["cpu"]["ops"] == len(coral["failing"]) == len(coral["ops"])
    assert all(op["reasons"] for op in coral["ops"])


def test_check_wants_a_tflite_file(exported: Exported, tmp_path: Path) -> None:
    ran = edgeconv("check", exported.bundle / "model.onnx", "-t", "tflite")
    assert ran.code == 2
    assert "judges TFLite files" in ran.err
    (tmp_path / "cut.tflite").write_bytes((exported.bundle / "model_int8.tflite").read_bytes()[:1000])
    assert edgeconv("check", tmp_path / "cut.tflite", "-t", "tflite").code == 2


@pytest.mark.parametrize(
    ("verdict", "unsupported", "fallback"),
    [("accelerated", 0, 0), ("cpu", 0, 1), ("unknown", 0, 1), ("unsupported", 1, 1)],
)
def test_what_fails_a_check(verdict: Verdict, unsupported: int, fallback: int) -> None:
    op = OpVerdict(index=0, op="ADD", name="y", verdict=verdict, reasons=(), inputs=(), outputs=(), bytes=0, macs=0)
    coverage = Coverage(target="t", summary="", judged_by="", ops=(op,))
    assert len(failing(coverage, fallback=False)) == unsupported
    assert len(failing(coverage, fallback=True)) == fallback
