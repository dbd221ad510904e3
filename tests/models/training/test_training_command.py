"""``edgeconv-train`` from the outside: one process and two, what it leaves for an export, and wrong use."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from training_cases import TINY, write_clips

from edgeconv.sources import resolve
from edgeconv.sources.building import build
from edgeconv.sources.weights import load_weights
from edgeconv_models.data.errors import DataError
from edgeconv_models.training import checkpoint
from edgeconv_models.training.command import main, read_settings, read_splits
from edgeconv_models.training.config import TrainingError

CASES = str(Path(__file__).parent)
ECO = ("num_frames=4", "image_size=32", "width=0.05", "backbone=mobilenet")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clips(tmp_path_factory.mktemp("clips"), {"train": 4, "val": 3})


def command(*arguments: str | Path, launcher: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([CASES, *sys.path])
    return subprocess.run(
        [sys.executable, "-m", *launcher, "edgeconv_models.training", *map(str, arguments), "--threads", "1"],
        env=os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )


def run_main(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> int:
    monkeypatch.setattr(sys, "argv", ["edgeconv-train", *map(str, arguments), "--threads", "1"])
    return main()


def test_what_it_leaves_is_what_an_export_takes(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trained, factorised with the trained one as teacher, loaded by the toolchain as the user would name it."""
    settings = [part for text in ECO for part in ("--set", text)]
    common = ("--data", data, "--epochs", 1, "--batch", 4, *settings)
    assert run_main(monkeypatch, "eco-lite-3d", *common, "--out", tmp_path / "one") == 0
    teacher = tmp_path / "one/best.pt"
    more = ("--weights", teacher, "--factorize", "concat", "--teacher", teacher, "--out", tmp_path / "two")
    assert run_main(monkeypatch, "eco-lite-3d", *common, *more) == 0
    options = dict(text.split("=") for text in ECO) | {"num_classes": "2"}
    for folder, notes in (("one", ()), ("two", ("13 Conv3d are factorised (concat), as the checkpoint says",))):
        path = tmp_path / folder / checkpoint.BEST
        built = build(resolve("eco-lite-3d", options=options, weights=path))
        assert built.notes == notes
        assert load_weights(built.network, path).startswith("all weights")
        clip = torch.randn(1, 3, 4, 32, 32)
        with torch.no_grad():
            assert torch.equal(built.network(clip), checkpoint.load(path).network()(clip))


@pytest.mark.nightly
def test_two_processes_share_the_work(data: Path, tmp_path: Path) -> None:
    launcher = ("torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m")
    arguments = (TINY, "--data", data, "--out", tmp_path, "--epochs", 2, "--batch", 4, "--device", "cpu")
    ran = command(*arguments, launcher=launcher)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("epoch ") == 2
    assert ran.stdout.count("best: ") == 1
    assert checkpoint.load(tmp_path / checkpoint.LAST).held["epoch"] == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("eco-lite-4d", "--data", "DATA"), "no model 'eco-lite-4d'; there is eco-lite-3d, eco-lite-4d-add"),
        (("nowhere:tiny", "--data", "DATA"), "'nowhere:tiny' cannot be imported"),
        ((TINY, "--data", "no"), "'no' has no folders train/ and val/"),
        ((TINY, "--data", "DATA", "--set", "num_classes=5"), "num_classes is 5, but the data has 2 classes"),
        ((TINY, "--data", "DATA", "--set", "widht=5"), "cannot be built"),
        ((TINY, "--data", "DATA", "--set", "width"), "--set 'width' is not name=value"),
        ((TINY, "--data", "DATA", "--weights", "no.pt"), "the checkpoint 'no.pt' cannot be read"),
        ((TINY, "--data", "DATA", "--factorize", "sum"), "no combine 'sum'"),
        ((TINY, "--data", "DATA", "--resume"), "last.pt' cannot be read"),
        ((TINY, "--data", "DATA", "--rate", "much"), "--rate"),
        ((TINY, "--data", "DATA", "--epoch", "2"), "--epoch"),
    ],
)
def test_wrong_use(
    arguments: tuple[str, ...],
    said: str,
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = [str(data) if text == "DATA" else text for text in arguments]
    assert run_main(monkeypatch, *given, "--out", tmp_path / "run", "--epochs", "1") == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "run" / checkpoint.LAST).exists()


def test_weights_of_another_class_count_are_refused_with_every_name(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = write_clips(tmp_path / "other", {"train": 2, "val": 1}, ("a", "b", "c"))
    assert run_main(monkeypatch, TINY, "--data", other, "--out", tmp_path / "run", "--epochs", "1", "--batch", "3") == 0
    weights = ("--weights", tmp_path / "run" / checkpoint.BEST)
    assert run_main(monkeypatch, TINY, "--data", data, "--out", tmp_path / "two", *weights) == 2
    said = capsys.readouterr().err
    assert "shape: classifier.weight is (3, 4) in the file, (2, 4) in the network" in said
    assert "shape: classifier.bias is (3,)" in said


def test_lists_come_in_pairs_and_settings_are_literals(data: Path) -> None:
    with pytest.raises(DataError, match="name both"):
        read_splits(data, data / "a.txt", None)
    (data / "list.txt").write_text("train/brighter/0.avi\ntrain/darker/0.avi\n")
    first, second = read_splits(data, data / "list.txt", data / "list.txt")
    assert first == second
    assert first.classes == ("brighter", "darker")
    assert read_settings(["a=2", "b=0.5", "c=mobilenet", "d=(1, 2)"]) == {
        "a": 2,
        "b": 0.5,
        "c": "mobilenet",
        "d": (1, 2),
    }
    with pytest.raises(TrainingError, match="not name=value"):
        read_settings(["=2"])
