"""`--fold strip`: batch 1 everywhere, the strip is the input, and both int8 files answer alike."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from cli_tools import Exported, edgeconv


def test_strips_give_the_bundle_of_frames(exported: Exported, tmp_path: Path) -> None:
    ran = edgeconv(*exported.arguments, "--out", tmp_path / "strip", "--fold", "strip", "--json")
    assert ran.code == 0, ran.err
    report = json.loads(ran.out)["report"]
    assert report["lowering"]["fold"] == "strip"
    assert sum("with a batch" in g["name"] for g in report["gates"]) == 2
    strip, frames = (json.loads((p / "manifest.json").read_text()) for p in (tmp_path / "strip", exported.bundle))
    made, was = strip["inputs"][0], frames["inputs"][0]
    assert made["shape"][0] == 1
    assert np.prod(made["shape"]) == np.prod(was["shape"]) + made["gap"] * was["shape"][0]
    assert (made["scale"], made["zero_point"]) == (was["scale"], was["zero_point"])
    answers = (np.load(p / "golden" / "clip_0_output.npy") for p in (tmp_path / "strip", exported.bundle))
    first, second = (a.reshape(-1).astype(int) for a in answers)
    assert np.abs(first - second).max() <= 1


def test_another_fold_is_told(tiny: str, tmp_path: Path) -> None:
    ran = edgeconv("export", tiny, "--target", "tflite", "--fold", "tiles", "--out", tmp_path / "x")
    assert ran.code == 2
    assert "frames" in ran.err
    assert "strip" in ran.err
