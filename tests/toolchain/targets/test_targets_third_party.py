"""A target in one file of another package, found through its entry point: the page docs/adding-a-target.md, run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from ethosu_cases import CASES
from ethosu_ops import write

ROOT = Path(__file__).parents[3]


def test_the_toy_target_of_the_docs(tmp_path: Path) -> None:
    (toy,) = re.findall(r"```python\n# toy_npu\.py\n(.*?)```", (ROOT / "docs/adding-a-target.md").read_text(), re.S)
    (tmp_path / "toy_npu.py").write_text(toy)
    info = tmp_path / "toy_npu-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-npu\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[edgeconv.targets]\ntoy-npu = toy_npu:TARGET\n")
    (tmp_path / "m.tflite").write_bytes(write({n: CASES[n] for n in ("conv", "conv_batch", "gelu")}))
    path = os.pathsep.join((str(tmp_path), *sys.path))
    done = subprocess.run(
        [sys.executable, "-m", "edgeconv", "check", tmp_path / "m.tflite", "-t", "toy-npu", "--json"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": path},
    )
    assert done.returncode == 0, done.stderr
    (judged,) = json.loads(done.stdout)["targets"]
    assert [op["verdict"] for op in judged["ops"]] == ["accelerated", "cpu", "cpu"]
    assert "Here: batch 3." in judged["ops"][1]["reasons"][0]
    assert judged["advice"] == ["Use --fold strip, so that the batch is 1."]
