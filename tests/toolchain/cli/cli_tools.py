"""Run the real command line in a process of its own, and small inputs for it."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from edgeconv.bundle import file_entries, write_sealed

EDGECONV = (sys.executable, "-m", "edgeconv")
SMALL = ("num_frames=8", "image_size=64", "width=0.25", "num_classes=11")
SETTINGS = tuple(part for text in SMALL for part in ("--set", text))
"""ECO-Lite small enough for tests."""

OPS = "Add, AveragePool, BatchNormalization, Concat, Conv, Gemm, MaxPool, Mul, Pad, ReduceMean, Relu, Reshape, Slice"

TINY = '''
import torch

class Tiny(torch.nn.Module):
    """Conv3d, ReLU, mean, classifier."""

    input_shape, input_layout = (1, 3, 8, 32, 32), "NCTHW"

    def __init__(self, classes):
        super().__init__()
        self.conv = torch.nn.Conv3d(3, 4, 3, padding=1)
        self.classifier = torch.nn.Linear(4, classes)

    def forward(self, x):
        return self.classifier(torch.relu(self.conv(x)).mean((2, 3, 4)))

def tiny(classes=5):
    torch.manual_seed(0)
    return Tiny(classes)

def broken():
    raise RuntimeError("no such luck")
'''


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Exported:
    bundle: Path
    profile: Path
    videos: Path
    ran: Ran

    @property
    def arguments(self) -> tuple[str | Path, ...]:
        """All but --out."""
        return ("export", "eco-lite-4d-add", *SETTINGS, "--profile", self.profile, "--calibration", self.videos)


def environment(**changes: str) -> dict[str, str]:
    """The present one without what changes colours, width or debugging."""
    special = ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "COLUMNS", "EDGECONV_DEBUG")
    return {k: v for k, v in os.environ.items() if k not in special} | changes


def edgeconv(*arguments: str | Path, cwd: Path | None = None, **env: str) -> Ran:
    """Run it to its end; nothing that a user does may end in a traceback."""
    done = subprocess.run(
        [*EDGECONV, *map(str, arguments)],
        cwd=cwd,
        env=environment(**env),
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert "Traceback" not in done.stderr + done.stdout, done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)


def write_profile(path: Path, extra: str = "", cosine: float = 0.3) -> Path:
    """Four clips each, and int8 thresholds that four clips reach."""
    path.write_text(
        f"""name: {path.stem}
description: for tests
target: tflite
calibration: {{clips: 4}}
verification: {{clips: 4}}
onnx:
  allowed_ops: [{OPS}]
parity:
  int8_cosine_mean: {cosine}
  int8_cosine_min: -1
  max_saturated: 1
{extra}""",
        encoding="utf-8",
    )
    return path


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder."""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def cpu_seconds() -> float:
    """Of all children so far: the tests run beside others, so a wall clock would measure those."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def resign(bundle: Path) -> None:
    """The manifest over the files as they are now."""
    document = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))
    document["files"] = {name: entry.model_dump() for name, entry in file_entries(bundle).items()}
    write_sealed(bundle / "manifest.json", document)
