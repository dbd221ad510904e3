"""Arrays of several tensors on disk: one .npy each."""

from __future__ import annotations

from pathlib import Path


def numbered(path: Path, index: int) -> Path:
    """The file of tensor `index`: 'out.npy' for the first, 'out.1.npy' for the second."""
    return path if index == 0 else path.with_suffix(f".{index}{path.suffix}")
