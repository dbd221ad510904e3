"""`--split`: two more files that give, one after the other and as the manifest says, what the whole gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from cli_tools import Exported, edgeconv, write_profile


def answer(model: Path, given: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    interpreter = Interpreter(str(model), num_threads=1)
    interpreter.allocate_tensors()
    (end,) = interpreter.get_input_details()
    interpreter.set_tensor(end["index"], given.reshape(end["shape"]))
    interpreter.invoke()
    return np.asarray(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))


def test_the_parts_give_the_whole_as_the_manifest_says(exported: Exported, tmp_path: Path) -> None:
    """In strips, where both ends have gaps."""
    bundle = tmp_path / "split"
    ran = edgeconv(*exported.arguments, "--out", bundle, "--split", "spine,brain", "--fold", "strip", "--json")
    assert ran.code == 0, ran.err
    report = json.loads(ran.out)["report"]
    gates = {g["name"]: g for g in report["gates"]}
    runtimes = {p["candidate"].partition("(")[2][:-1] for p in report["parity"] if "spine" in p["candidate"]}
    assert "litert" in runtimes
    for runtime in runtimes:
        assert gates[f"parity: int8 spine + brain ({runtime}) equals int8 TFLite ({runtime})"]["measured"] == "0 apart"
    for file in ("spine_int8.tflite", "brain_int8.tflite"):
        assert gates[f"coverage: tflite runs every operator of {file}"]["passed"]
        assert gates[f"{file}: tensors that are not int8 or int32"]["passed"]
        assert gates[f"{file}: tensors with a batch"]["passed"]
    assert [(c["target"], c["file"]) for c in report["coverage"][:3]] == [
        ("tflite", "spine_int8.tflite"),
        ("tflite", "brain_int8.tflite"),
        ("tflite", "model_int8.tflite"),
    ]
    manifest = json.loads((bundle / "manifest.json").read_text())
    split, (whole,) = manifest["split"], manifest["inputs"]
    assert (split["backbone"], split["head"], split["frames"]) == ("spine_int8.tflite", "brain_int8.tflite", 8)
    golden = manifest["golden"][0]
    clip = np.load(bundle / golden["inputs"][0]).reshape(split["frames"], -1)
    frames = clip[:, : clip.shape[1] - whole["gap"]]
    assert frames.shape[1] == np.prod(split["frame"]["shape"])
    features = np.stack([answer(bundle / split["backbone"], frame).reshape(-1) for frame in frames])
    stacked = np.pad(features, [(0, 0), (0, split["gap"])], constant_values=split["stacked"]["zero_point"])
    got = answer(bundle / split["head"], stacked)
    expected = np.load(bundle / golden["outputs"][0])
    assert np.abs(got.astype(int) - expected.astype(int)).max() <= golden["tolerance_lsb"]
    assert np.unique(got).size > 1


def test_a_network_that_begins_with_time(tiny: str, tmp_path: Path) -> None:
    """Asked for, it is refused; where a profile only prefers it, the whole is delivered and the report says so."""
    ran = edgeconv("export", tiny, "--target", "tflite", "--split", "backbone,head", "--out", tmp_path / "asked")
    assert ran.code == 3
    assert "looks at several frames" in ran.err
    assert "--split none" in ran.err
    assert not (tmp_path / "asked").exists()
    profile = write_profile(tmp_path / "prefers.yaml", "split: {names: [backbone, head]}\n", cosine=-1)
    ran = edgeconv("export", tiny, "--profile", profile, "--out", tmp_path / "whole", "--json")
    assert ran.code == 0, ran.err
    report = json.loads(ran.out)["report"]
    assert any(w.startswith("not split, delivered as a whole only") for w in report["warnings"])
    assert report["split"] is None
    assert json.loads((tmp_path / "whole" / "manifest.json").read_text())["split"] is None


@pytest.mark.parametrize("written", ["backbone", "a,b,c", "head,head", "model,head", "back/bone,head", "", "a,"])
def test_names_that_name_no_two_files(tiny: str, tmp_path: Path, written: str) -> None:
    ran = edgeconv("export", tiny, "--target", "tflite", "--split", written, "--out", tmp_path / "x")
    assert ran.code == 2
    assert "--split backbone,head" in ran.err
