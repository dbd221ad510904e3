"""What a training run is told."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

from edgeconv_models.data.reading import Augmentation


class TrainingError(ValueError):
    """A run that cannot start, or cannot go on.

    Attributes:
        reasons: all the reasons, one line each.
    """

    def __init__(self, message: str, reasons: tuple[str, ...] = ()) -> None:
        self.reasons = reasons
        super().__init__("\n".join([message, *(f"  - {line}" for line in reasons)]))


@dataclass(frozen=True)
class Schedule:
    """How weights are learnt: AdamW, a linear warm-up, then a cosine to zero."""

    epochs: int = 20
    batch: int = 16
    """Clips per step, over all processes."""
    rate: float = 2e-3
    """Learning rate at its highest."""
    warmup: float = 0.1
    """Share of the run."""
    decay: float = 0.05
    """Weight decay, of matrices and kernels; biases and norms have none."""
    smoothing: float = 0.05
    """Of the labels."""
    clip_norm: float = 5.0
    """Longest gradient."""

    def at(self, step: int, steps: int) -> float:
        """The share of ``rate`` at ``step`` of ``steps``, 0 to 1."""
        warm = max(1, round(self.warmup * steps))
        if step < warm:
            return (step + 1) / warm
        return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


@dataclass(frozen=True)
class Distillation:
    """Learn from the answers of a trained network, as well as from the labels."""

    teacher: Path
    """Its checkpoint, as ``edgeconv-train`` writes them."""
    share: float = 0.7
    """Of the loss."""
    temperature: float = 2.0
    """Divides both logits."""


@dataclass(frozen=True)
class Start:
    """What a network starts from."""

    weights: Path | None = None
    """A checkpoint; left out, its seeded weights."""
    combine: str | None = None
    """Factorise it with these blocks before training."""
    init: str = "svd"
    """What the blocks start from."""


@dataclass(frozen=True)
class Run:
    """One training run."""

    out: Path
    """Folder of checkpoints and log."""
    schedule: Schedule = Schedule()
    augmentation: Augmentation = field(default_factory=Augmentation)
    distillation: Distillation | None = None
    device: str = "auto"
    """``"auto"``, ``"cpu"``, ``"cuda"``."""
    amp: bool = False
    """Mixed precision: bfloat16 on a CPU, float16 on CUDA."""
    workers: int = 0
    """Processes that decode."""
    seed: int = 0
    resume: bool = False
    """Go on where the run in ``out`` ended."""
