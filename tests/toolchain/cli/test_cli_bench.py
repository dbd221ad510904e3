"""`edgeconv bench` on real bundles."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from cli_tools import Exported, edgeconv

SHORT = ("--rounds", "2", "--runs", "1")


def test_two_bundles_in_turns(exported: Exported, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(exported.bundle, other)
    ran = edgeconv("bench", exported.bundle, other, *SHORT, "--runtime", "litert", "--json")
    assert ran.code == 0, ran.err
    first, second = json.loads(ran.out)["timings"]
    assert (first["bundle"], second["bundle"]) == (str(exported.bundle), str(other))
    assert first["file"] == second["file"] == "model_int8.tflite"
    assert first["ratio"] is None
    assert second["ratio"] == second["p50_ms"] / first["p50_ms"]
    assert len(second["milliseconds"]) == 2
    ran = edgeconv("bench", exported.bundle, *SHORT, "--threads", "1", "--threads", "2", "--runtime", "litert")
    assert ran.code == 0
    assert "2 threads" in ran.out
    assert "of the first" not in ran.out


def test_a_bundle_that_was_touched_is_not_timed(exported: Exported, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(exported.bundle, other)
    data = bytearray((other / "model_int8.tflite").read_bytes())
    data[len(data) // 2] ^= 1
    (other / "model_int8.tflite").write_bytes(data)
    ran = edgeconv("bench", exported.bundle, other, *SHORT)
    assert ran.code == 2
    assert "model_int8.tflite" in ran.err
    assert str(other) in ran.err


def test_no_bundle_and_no_runtime(exported: Exported, tmp_path: Path) -> None:
    assert edgeconv("bench", tmp_path).code == 2
    ran = edgeconv("bench", exported.bundle, "--runtime", "onnx")
    assert ran.code == 2
    assert "onnx" in ran.err
