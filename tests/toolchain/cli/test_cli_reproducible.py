"""Two exports of the same inputs on one machine: every byte is the same but the timings, wherever they run."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_small import small
from cli_tools import SETTINGS, digests, edgeconv

Make = Callable[[Path], tuple["str | Path", ...]]

FRAMEWISE = '''
import torch

class Framewise(torch.nn.Module):
    """A network that can be split: frame by frame first, time afterwards."""

    input_shape, input_layout = (1, 3, 8, 32, 40), "NCTHW"

    def __init__(self):
        super().__init__()
        self.frame = torch.nn.Conv3d(3, 4, (1, 3, 3), stride=(1, 2, 2), padding=(0, 1, 1))
        self.time = torch.nn.Conv3d(4, 6, (3, 1, 1), padding=(1, 0, 0))
        self.classifier = torch.nn.Linear(6, 5)

    def forward(self, x):
        features = torch.relu(self.frame(x)).mean((3, 4), keepdim=True)
        return self.classifier(torch.relu(self.time(features)).mean((2, 3, 4)))
'''


def framewise(folder: Path) -> tuple[str | Path, ...]:
    """From PyTorch, with random weights and synthetic videos."""
    (folder / "net.py").write_text(FRAMEWISE)
    return ("export", f"{folder / 'net.py'}:Framewise", "--target", "coral", "--split", "backbone,head")


def vela(folder: Path) -> tuple[str | Path, ...]:
    """From ONNX, with samples, compiled."""
    return tuple("ethos-u55-256" if part == "tflite" else part for part in small(folder))


def eco_lite(_: Path) -> tuple[str | Path, ...]:
    return ("export", "eco-lite-4d-concat", *SETTINGS, "--target", "coral")


def relative(part: str | Path, folder: Path) -> str | Path:
    return part.replace(f"{folder}/", "") if isinstance(part, str) else part.relative_to(folder)


@pytest.mark.parametrize("make", [framewise, vela, pytest.param(eco_lite, marks=pytest.mark.nightly)])
def test_two_exports_differ_in_nothing_but_their_timings(make: Make, tmp_path: Path) -> None:
    """Other folders, other places of the inputs, another order of sets, another language and time zone."""
    first, second = tmp_path / "a", tmp_path / "b" / "deeper"
    (first / "tmp").mkdir(parents=True)
    arguments = make(first)
    shutil.copytree(first, second)
    (second / "work").mkdir()
    there = [relative(part, first) for part in arguments]
    runs = (
        edgeconv(*arguments, "--out", first / "out", TMPDIR=str(first / "tmp"), PYTHONHASHSEED="1", TZ="UTC", LANG="C"),
        edgeconv(
            *there,
            "--out",
            "work/../elsewhere/bundle",
            cwd=second,
            TMPDIR=str(second / "tmp"),
            PYTHONHASHSEED="4242",
            TZ="Pacific/Auckland",
            LANG="C.UTF-8",
            HOME=str(second / "tmp"),
        ),
    )
    assert {ran.code for ran in runs} <= {0, 1}, [ran.err for ran in runs]  # what the gates say is not the matter here
    made = digests(first / "out")
    again = digests(second / "elsewhere" / "bundle")
    wanted = {framewise: "backbone_int8.tflite", vela: "model_int8_vela.tflite", eco_lite: "head_int8.tflite"}
    assert {wanted[make], "model_int8.tflite", "manifest.json", "report.json", "report.html"} <= made.keys()
    assert made.keys() == again.keys()
    assert {name for name in made if made[name] != again[name]} == {"timings.json"}
