"""`edgeconv diff` on real bundles: exit code, Markdown, JSON, and what is no bundle."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from cli_tools import Exported, edgeconv


@pytest.fixture
def worse(exported: Exported, tmp_path: Path) -> Path:
    """The bundle with a report in which one gate fails and the int8 file is twice as large."""
    made = tmp_path / "worse"
    shutil.copytree(exported.bundle, made)
    report = json.loads((made / "report.json").read_text())
    report["gates"][0]["passed"] = False
    next(a for a in report["artifacts"] if a["file"] == "model_int8.tflite")["bytes"] *= 2
    (made / "report.json").write_text(json.dumps(report))
    return made


def test_equal_bundles(exported: Exported) -> None:
    ran = edgeconv("diff", exported.bundle, exported.bundle)
    assert ran.code == 0
    assert "the two bundles tell the same" in ran.out


def test_a_regression_is_told_in_every_form(exported: Exported, worse: Path) -> None:
    for options, words in (((), "2 of 2 changes for the worse"), (("--markdown",), "| ✗ worse | ")):
        ran = edgeconv("diff", exported.bundle, worse, *options)
        assert ran.code == 1
        assert words in ran.out
    ran = edgeconv("diff", exported.bundle, worse, "--json")
    assert ran.code == 1
    document = json.loads(ran.out)
    assert document["regressions"] == 2
    assert {c["area"] for c in document["changes"]} == {"gates", "files"}
    assert {c["meaning"] for c in document["changes"]} == {"worse"}


def test_the_other_way_round_it_is_a_gain(exported: Exported, worse: Path) -> None:
    ran = edgeconv("diff", worse, exported.bundle)
    assert ran.code == 0
    assert "none for the worse" in ran.out


def test_growth_may_be_allowed(exported: Exported, worse: Path) -> None:
    ran = edgeconv("diff", exported.bundle, worse, "--growth", "2", "--json")
    assert json.loads(ran.out)["regressions"] == 1


@pytest.mark.parametrize("text", [None, "{", '{"target": "tflite"}', "\udcff"])
def test_what_is_no_bundle(exported: Exported, tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "report.json").write_bytes(text.encode(errors="surrogateescape"))
    ran = edgeconv("diff", exported.bundle, tmp_path)
    assert ran.code == 2
    assert "report.json" in ran.err
