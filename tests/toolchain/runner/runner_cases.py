"""A network whose backbone sees one frame, exported for real; and its bundle's run.py, run as a user does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edgeconv import pipeline, sources
from edgeconv.bundle import file_entries, write_sealed
from edgeconv.profiles import ClipsProfile, ParityProfile, SplitProfile, load_profile

FRAMES, SIZE, CLASSES = 6, (40, 48), 7
NET = f'''
import torch

class Net(torch.nn.Module):
    """Two layers of single frames, then one over time."""

    input_shape, input_layout = (1, 3, {FRAMES}, {SIZE[0]}, {SIZE[1]}), "NCTHW"

    def __init__(self):
        super().__init__()
        self.frame = torch.nn.Conv3d(3, 8, (1, 3, 3), stride=(1, 2, 2), padding=(0, 1, 1))
        self.deeper = torch.nn.Conv3d(8, 12, (1, 3, 3), stride=(1, 2, 2), padding=(0, 1, 1))
        self.time = torch.nn.Conv3d(12, 16, (3, 1, 1), padding=(1, 0, 0))
        self.classifier = torch.nn.Linear(16, {CLASSES})

    def forward(self, x):
        x = torch.relu(self.deeper(torch.relu(self.frame(x))))
        return self.classifier(torch.relu(self.time(x)).mean((2, 3, 4)))

def net():
    torch.manual_seed(0)
    return Net()
'''


def export(folder: Path, fold: str) -> Path:
    """A split bundle of NET in the given fold; strips as the Coral profile has them: uint8 at both ends."""
    (folder / "net.py").write_text(NET, encoding="utf-8")
    few = ClipsProfile(clips=3)
    changes = {
        "calibration": few,
        "verification": few,
        "parity": ParityProfile(int8_cosine_mean=0.5, int8_cosine_min=0.0, max_saturated=1),
        "split": SplitProfile(names=("backbone", "head"), required=True),
        "check_targets": (),
    }
    profile = load_profile("coral" if fold == "strip" else "tflite").model_copy(update=changes)
    out = folder / "bundle"
    pipeline.export(pipeline.ExportRequest(sources.resolve(f"{folder / 'net.py'}:net"), profile, out))
    return out


def run(bundle: Path, *arguments: str | Path, expect: int = 0, path: Path | None = None) -> Any:
    """What `run.py --json` prints in a process of its own that does not know edgeconv: one document per line.

    `path` is searched for modules first.
    """
    done = subprocess.run(
        [sys.executable, "-P", bundle / "run.py", *map(str, arguments), "--json"],
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | ({"PYTHONPATH": str(path)} if path else {}),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == expect, done.stdout + done.stderr
    documents = [json.loads(line) for line in done.stdout.splitlines()]
    return documents[0] if len(documents) == 1 else documents


def reseal(bundle: Path, change: Callable[[dict[str, Any]], None] = lambda _: None) -> None:
    """Change the manifest as somebody would who wants it to hold together: every file signed anew, seal as well."""
    document = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))
    document["files"] = {name: entry.model_dump() for name, entry in file_entries(bundle).items()}
    change(document)
    write_sealed(bundle / "manifest.json", document)
