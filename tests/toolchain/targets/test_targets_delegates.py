"""The predicted XNNPACK partitions against what LiteRT really does."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from edgeconv.inspection import inspect_file
from edgeconv.targets import check

HERE = Path(__file__).parent
EXPECTED = {
    "conv": 1,
    "conv_conv": 1,
    "conv_avg_conv": 2,
    "two_averages": 3,
    "branches": 2,
    "stride_2": 2,
    "strip_stride_2": 1,
    "unit_slice": 1,
    "shrunk_axis": 1,
    "head": 1,
    "softmax": 1,
    "concat_5": 1,
    "concat_6": 1,
    "residual": 1,
    "lone_relu": 2,
    "max_pool": 1,
    "hard_swish": 2,
    "transpose": 1,
    "gate": 1,
    "conv_avg_conv.float": 1,
    "stride_2.float": 2,
    "softmax.float": 1,
}


def child(script: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, str(HERE / script), *arguments], capture_output=True, text=True, timeout=180, check=False
    )
    if "No module named 'tensorflow'" in done.stderr:
        pytest.skip("TensorFlow is not installed")
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    child("targets_models.py", str(folder))
    return folder


@pytest.fixture(scope="module")
def measured(models: Path) -> dict[str, int]:
    if platform.machine() != "x86_64":
        pytest.skip("the delegation rules were measured on x86-64")
    found: dict[str, int] = json.loads(child("targets_delegates.py", *map(str, sorted(models.glob("*.tflite")))))
    return found


@pytest.mark.parametrize("name", EXPECTED)
def test_prediction_is_what_litert_does(name: str, models: Path, measured: dict[str, int]) -> None:
    coverage = check(inspect_file(models / f"{name}.tflite"), "tflite")
    assert coverage.partitions == measured[f"{name}.tflite"] == EXPECTED[name], coverage.summary


def test_nothing_in_these_models_is_unknown(models: Path) -> None:
    for file in models.glob("*.tflite"):
        coverage = check(inspect_file(file), "tflite")
        assert coverage.count("unknown") + coverage.count("unsupported") == 0, (file.name, coverage.summary)
