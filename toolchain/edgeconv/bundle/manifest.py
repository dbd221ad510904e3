"""manifest.json: what every file of the bundle is, and what a device must know to feed the model."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from edgeconv.bundle.seal import write_sealed
from edgeconv.core.report import Provenance, Quantization

NAME = "manifest.json"
VOLATILE = ("timings.json",)
"""Files that differ from run to run; they are named here and sealed by themselves."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FileEntry(_Part):
    sha256: str
    bytes: int


class Pixels(_Part):
    """How the frames of a video become an input.

    q = clamp(round((pixel - mean[c]) * pixel_scale / scale) + zero_point), pixel 0..255, c in `color` order;
    scale and zero_point are the input's.
    """

    frames: int
    """Frames of this input."""
    clip_frames: int
    """Frames of the clip that all inputs are filled from."""
    sampling: str
    color: Literal["BGR", "RGB", "GREY"]
    """GREY: 0.299 R + 0.587 G + 0.114 B."""
    mean: tuple[float, ...]
    pixel_scale: float
    resize_shorter_side: int
    crop: tuple[int, int]
    """Height and width, cut from the centre."""


class InputMeaning(_Part):
    """What an input of the device's model means."""

    name: str
    """In the source network."""
    source_shape: tuple[int, ...]
    source_layout: str
    perm: tuple[int, ...]
    """Axes of source_shape in the memory order of the tensor."""
    tensor: str
    """In the device's model."""
    shape: tuple[int, ...]
    layout: str
    """Axes of the tensor: 'frames, height, width, channels'."""
    dtype: str
    scale: float
    zero_point: int
    frames: int = 1
    """Images one above the other (strip fold: all frames of the clip are one tall image); otherwise 1."""
    gap: int = 0
    """Elements behind each of them that hold zero_point."""
    pixels: Pixels | None
    """None where the network was calibrated on ready samples or on mixed channels: q = clamp(round(value / scale) +
    zero_point)."""


class SplitMeaning(_Part):
    """How a backbone and a head, one after the other, give what the whole model gives, bit for bit.

    Online, the features of the last `frames` frames are kept: a new frame costs one pass of the backbone.
    """

    backbone: str
    """File that takes one frame: what lies between two gaps of the whole model's input."""
    head: str
    """File that takes the features of all frames, the oldest first."""
    frames: int
    frame: Quantization
    """The backbone's input."""
    features: Quantization
    """The backbone's output."""
    stacked: Quantization
    """The head's input: the features of the frames one behind the other, in the same numbers."""
    gap: int = 0
    """Elements behind the features of each frame that hold the zero point (strip fold)."""


class GoldenVector(_Part):
    """One sample as the model was fed, and what TFLite's reference kernels answered; a file per input and output."""

    clip: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    produced_by: str
    tolerance_lsb: int
    """By how many quantization steps another runtime or machine may differ: as far as those of the export did."""


class Manifest(_Part):
    format: Literal["edgeconv-bundle"] = "edgeconv-bundle"
    format_version: Literal[3] = 3
    source: str
    weights: str
    untrained: bool
    target: str
    passed: bool
    inputs: tuple[InputMeaning, ...]
    outputs: tuple[Quantization, ...]
    split: SplitMeaning | None = None
    """None where the device runs the whole model."""
    labels: str | None
    """None where the network is no classifier."""
    golden: tuple[GoldenVector, ...]
    provenance: Provenance
    files: Mapping[str, FileEntry]
    volatile: tuple[str, ...] = VOLATILE


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def file_entries(folder: Path) -> dict[str, FileEntry]:
    """Every file below the folder by its POSIX path, but for the manifest itself and the volatile ones."""
    found = sorted(p for p in folder.rglob("*") if p.is_file())
    names = {p: p.relative_to(folder).as_posix() for p in found}
    return {
        names[p]: FileEntry(sha256=sha256_of(p), bytes=p.stat().st_size)
        for p in found
        if names[p] != NAME and names[p] not in VOLATILE
    }


def write_manifest(folder: Path, manifest: Manifest) -> None:
    write_sealed(folder / NAME, manifest.model_dump(mode="json"))
