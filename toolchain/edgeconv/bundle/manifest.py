"""manifest.json: what every file of the bundle is, and what a device must know to feed the model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from edgeconv.core.report import Provenance, Quantization

NAME = "manifest.json"
VOLATILE = ("timings.json",)
"""Files that differ from run to run; they are named, not signed."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FileEntry(_Part):
    sha256: str
    bytes: int


class InputMeaning(_Part):
    """How raw frames become the int8 input.

    q = clamp(round((pixel - mean[c]) * pixel_scale / scale) + zero_point), pixel 0..255, c in `color` order.
    """

    tensor: str
    shape: tuple[int, ...]
    layout: str
    """Axes of the tensor: 'frames, height, width, channels'."""
    dtype: str
    scale: float
    zero_point: int
    frames: int
    sampling: str
    color: Literal["BGR", "RGB"]
    mean: tuple[float, float, float]
    pixel_scale: float
    resize_shorter_side: int
    crop: tuple[int, int]
    """Height and width, cut from the centre."""


class GoldenVector(_Part):
    """One clip as the model was fed, and what TFLite's reference kernels answered."""

    clip: str
    input: str
    output: str
    produced_by: str
    tolerance_lsb: int
    """Largest difference seen between the judging runtimes; another runtime may differ by this much."""


class Manifest(_Part):
    format: Literal["edgeconv-bundle"] = "edgeconv-bundle"
    format_version: int = 1
    source: str
    weights: str
    untrained: bool
    target: str
    passed: bool
    inputs: tuple[InputMeaning, ...]
    outputs: tuple[Quantization, ...]
    labels: str
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
    text = json.dumps(manifest.model_dump(mode="json"), indent=2, sort_keys=True, ensure_ascii=False)
    (folder / NAME).write_text(text + "\n", encoding="utf-8")
