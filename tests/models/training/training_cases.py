"""A network that learns in a second, and clips that it can tell apart."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import torch
from torch import nn

from edgeconv_models.data.reading import Preprocessing
from edgeconv_models.training.checkpoint import Recipe
from edgeconv_models.training.command import prepare, read_splits
from edgeconv_models.training.config import Run, Start
from edgeconv_models.training.loop import Task

TINY = "training_cases:tiny"
FORM = Preprocessing(frames=4, size=32)


class Tiny(nn.Module):
    """Conv3d, BatchNorm, dropout, classifier: something of everything that a run has to keep."""

    input_shape = (1, 3, 4, 32, 32)

    def __init__(self, num_classes: int, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv3d(3, width, 3, stride=(1, 4, 4))
        self.norm = nn.BatchNorm3d(width)
        self.dropout = nn.Dropout(0.2)
        self.classifier = nn.Linear(width, num_classes)

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.classifier(self.dropout(self.norm(self.conv(clip)).relu().mean((2, 3, 4))))
        return logits


def tiny(num_classes: int = 2, width: int = 4, seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return Tiny(num_classes, width)


def write_clips(folder: Path, counts: dict[str, int], classes: tuple[str, ...] = ("brighter", "darker")) -> Path:
    """Clips of 6 frames that become brighter or darker, ``ROOT/SPLIT/CLASS/0.avi``."""
    for split, count in counts.items():
        for label, name in enumerate(classes):
            (folder / split / name).mkdir(parents=True)
            for number in range(count):
                rng = np.random.default_rng([len(split), label, number])
                light = np.linspace(40, 200, 6) * (1, 0.9)[number % 2]
                _write(folder / split / name / f"{number}.avi", light if label == 0 else light[::-1], rng)
    return folder


def _write(path: Path, light: np.ndarray, rng: np.random.Generator) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=8)
        stream.width, stream.height, stream.pix_fmt = 40, 40, "yuvj420p"
        for level in light:
            picture = np.clip(level + rng.normal(0, 10, (40, 40, 3)), 0, 255).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


def task(data: Path, run: Run, model: str = TINY, **settings: object) -> Task:
    return prepare(model, dict(settings), *read_splits(data, None, None), Start(), run.seed)


def recipe(**settings: object) -> Recipe:
    return Recipe(TINY, dict(settings))
