"""`edgeconv evaluate`: a bundle's int8 file judged as by hand, with the bundle's own run.py; what ends it."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cli_tools import SETTINGS, Exported, Ran, edgeconv

from edgeconv.video.synthetic import write_synthetic

CLASSES = tuple(f"kind {i}" for i in range(11))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder per class, a video or two in each."""
    folder = tmp_path_factory.mktemp("labelled")
    write_synthetic(folder / "all", "verification", 16, seed=9)
    videos = sorted((folder / "all").iterdir())
    for number, video in enumerate(videos):
        home = folder / "data" / CLASSES[number % len(CLASSES)]
        home.mkdir(parents=True, exist_ok=True)
        shutil.move(video, home / video.name)
    return folder / "data"


@pytest.fixture(scope="module")
def ran(exported: Exported, data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Ran, Path]:
    out = tmp_path_factory.mktemp("evaluated") / "page"
    return edgeconv("evaluate", exported.bundle, "--data", data, "--batch", 5, "--json", "-o", out), out


def by_hand(bundle: Path, video: Path, runtime: str) -> str:
    """What the device would say: run.py in a process that knows nothing of edgeconv."""
    told = subprocess.run(
        [sys.executable, str(bundle / "run.py"), str(video), "--json", "--runtime", runtime],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    answer: dict[str, Any] = json.loads(told.stdout.splitlines()[0])
    return str(answer["top"][0][0]["label"])


def test_int8_says_what_run_py_says_of_every_video(ran: tuple[Ran, Path], exported: Exported, data: Path) -> None:
    assert ran[0].code == 0, ran[0].err
    rows = list(csv.DictReader((ran[1] / "predictions.csv").open(encoding="utf-8")))
    assert len(rows) == 16
    runtime = next(name for name in ("tflite-runtime", "litert") if f"int8 TFLite ({name}): answer" in rows[0])
    for row in rows[::3]:
        label = by_hand(exported.bundle, data / row["video"], runtime)
        assert row[f"int8 TFLite ({runtime}): answer"] == sorted(CLASSES)[int(label.split()[-1])]


def test_the_numbers_are_those_of_the_predictions(ran: tuple[Ran, Path]) -> None:
    found = json.loads(ran[0].out)
    assert found == json.loads((ran[1] / "evaluation.json").read_text(encoding="utf-8"))
    rows = list(csv.DictReader((ran[1] / "predictions.csv").open(encoding="utf-8")))
    assert [s["name"] for s in found["stages"]][:2] == ["ONNX (onnxruntime)", found["stages"][1]["name"]]
    for stage in found["stages"]:
        right = sum(row[f"{stage['name']}: answer"] == row["class"] for row in rows)
        assert stage["top1"]["value"] == pytest.approx(right / 16)
        assert stage["top1"]["low"] <= right / 16 <= stage["top1"]["high"]
    float_ones = next(a for a in found["agreements"] if "fp32" in a["second"])
    assert float_ones["same"]["value"] == 1.0
    assert any("UNTRAINED" in note for note in found["notes"])
    assert "kind 3" in (ran[1] / "evaluation.html").read_text(encoding="utf-8")


def test_pytorch_itself_with_several_views(data: Path, tmp_path: Path) -> None:
    part = tmp_path / "list.txt"
    videos = sorted(data.rglob("*.mp4"))[:3]
    part.write_text("".join(f"{v.relative_to(data)}\n" for v in videos))
    names = tmp_path / "classes.txt"
    names.write_text("\n".join(CLASSES))
    arguments = ("evaluate", "eco-lite-4d-add", *SETTINGS, "--data", data, "--split", part, "--classes", names)
    ran = edgeconv(*arguments, "--clips", 2, "--crops", 3, "--json")
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)
    assert (found["videos"], found["clips"], found["crops"]) == (3, 2, 3)
    assert found["classes"] == list(CLASSES)
    assert [s["name"] for s in found["stages"]] == ["PyTorch"]


def test_a_video_that_cannot_be_read_is_told_and_the_others_count(
    exported: Exported, data: Path, tmp_path: Path
) -> None:
    shutil.copytree(data, tmp_path / "data")
    (tmp_path / "data" / CLASSES[0] / "aaa.mp4").write_bytes(b"no video")
    ran = edgeconv("evaluate", exported.bundle, "--data", tmp_path / "data", "--stage", "onnx", COLUMNS="120")
    assert ran.code == 1
    assert "not read aaa.mp4: it cannot be opened" in ran.out
    assert "16 videos, 11 classes" in ran.out


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("--stage", "int4"), "a bundle has no stage 'int4'"),
        (("--crops", "2"), "clips of 2 crops cannot be taken"),
        (("--data", "nowhere"), "'nowhere' does not exist"),
        (("--split", "no.txt"), "'no.txt' cannot be read"),
        (("--weights", "no.pt"), "are for a network in PyTorch"),
        (("--classes", "no.txt"), "'no.txt' cannot be read"),
    ],
)
def test_wrong_use(change: tuple[str, str], told: str, exported: Exported, data: Path, tmp_path: Path) -> None:
    ran = edgeconv("evaluate", exported.bundle, "--data", data, *change, cwd=tmp_path)
    assert ran.code == 2, ran
    assert told in " ".join(ran.err.split())


def test_another_number_of_classes(exported: Exported, data: Path, tmp_path: Path) -> None:
    shutil.copytree(data / CLASSES[1], tmp_path / "data" / "only")
    ran = edgeconv("evaluate", exported.bundle, "--data", tmp_path / "data", "--stage", "onnx")
    assert ran.code == 2
    assert "gives 11 scores, and the data has 1 classes" in " ".join(ran.err.split())


def test_an_empty_class_folder(exported: Exported, data: Path, tmp_path: Path) -> None:
    shutil.copytree(data, tmp_path / "data")
    (tmp_path / "data" / "empty").mkdir()
    ran = edgeconv("evaluate", exported.bundle, "--data", tmp_path / "data")
    assert ran.code == 2
    assert "'empty' holds no video" in ran.err


def test_no_bundle_and_no_model(data: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert edgeconv("evaluate", tmp_path / "folder", "--data", data).code == 2
    assert "no model 'nothing'" in edgeconv("evaluate", "nothing", "--data", data).err
