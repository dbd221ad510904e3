"""`edgeconv export` for real: what it writes, what it prints, and that it does both the same way twice."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from cli_tools import Exported, digests, edgeconv, write_profile

FILES = {
    "README.md",
    "labels.txt",
    "layers.json",
    "manifest.json",
    "model.onnx",
    "model_fp32.tflite",
    "model_int8.tflite",
    "report.html",
    "report.json",
    "report.junit.xml",
    "report.md",
    "run.py",
    "timings.json",
}


def test_the_bundle_is_whole_and_nothing_lies_beside_it(exported: Exported) -> None:
    assert {p.name for p in exported.bundle.iterdir() if p.is_file()} == FILES
    assert any((exported.bundle / "golden").iterdir())
    assert [p.name for p in exported.bundle.parent.iterdir()] == ["bundle"]


def test_the_report_goes_to_stdout_and_one_line_per_stage_to_stderr(exported: Exported) -> None:
    lines = exported.ran.out.splitlines()
    assert "PASSED" in lines[1]
    assert lines[-2] == f"Bundle  {exported.bundle}"
    assert lines[-1] == f"Report  {exported.bundle / 'report.html'}"
    stages = [line.split(" s  ")[1] for line in exported.ran.err.splitlines()]
    assert stages[:3] == ["source", "video", "export to ONNX"]
    assert stages[-1] == "bundle"


def test_no_colour_codes_when_nobody_watches(exported: Exported) -> None:
    assert "\x1b" not in exported.ran.out + exported.ran.err


def test_the_same_inputs_give_the_same_bytes_and_json_is_alone_on_stdout(exported: Exported, tmp_path: Path) -> None:
    again = edgeconv(*exported.arguments, "--out", tmp_path / "again", "--json")
    assert again.code == 0
    assert again.err == ""
    document = json.loads(again.out)
    assert set(document) == {"passed", "bundle", "report"}
    assert document["passed"] is True
    assert document["bundle"] == str(tmp_path / "again")
    assert document["report"] == json.loads((exported.bundle / "report.json").read_text())
    first, second = digests(exported.bundle), digests(tmp_path / "again")
    assert first.keys() == second.keys()
    assert {name for name in first if first[name] != second[name]} <= {"timings.json"}


def test_a_parity_threshold_out_of_reach_fails_by_name_and_still_writes(
    tiny: str, videos: Path, tmp_path: Path
) -> None:
    """On a folder that also holds a corrupted video, which the report names."""
    shutil.copytree(videos, tmp_path / "videos")
    (tmp_path / "videos" / "noise.mp4").write_bytes(b"noise" * 500)
    strict = write_profile(tmp_path / "strict.yaml", cosine=1.0)
    ran = edgeconv("export", tiny, "-p", strict, "--calibration", "videos", "--quiet", cwd=tmp_path)
    assert ran.code == 1
    assert ran.out == ""
    assert ran.err.startswith("gate failed: parity: ")
    assert "cosine" in ran.err
    assert "required at least 1" in ran.err
    bundle = tmp_path / "tiny-tflite"  # where it goes without --out
    assert json.loads((bundle / "manifest.json").read_text())["passed"] is False
    report = json.loads((bundle / "report.json").read_text())
    failed = [g["name"] for g in report["gates"] if not g["passed"]]
    assert [line.split(": measured")[0].removeprefix("gate failed: ") for line in ran.err.splitlines()] == failed
    assert [s["name"] for s in report["clip_sets"][0]["skipped"]] == ["noise.mp4"]
