"""Outputs of an artifact, brought back into the order of axes that the source has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edgeconv.core.layout import Array
from edgeconv.core.numbered import numbered


@dataclass(frozen=True)
class End:
    """One output of an artifact, and how its data lie in the file."""

    name: str
    perm: tuple[int, ...] = ()
    """Logical axes in memory order."""
    logical: tuple[int, ...] = ()
    """Logical shape for one sample; () where the file holds it as the source does."""


def collect(outputs: Path, count: int, ends: Sequence[End]) -> tuple[Array, ...]:
    """Every output [clips, ...] in the logical axis order of the source; the files are taken away."""
    files = [numbered(outputs, index) for index in range(count)]
    arrays = tuple(_logical(np.load(file), end) for file, end in zip(files, ends or [End("")] * count, strict=True))
    for file in files:
        file.unlink()
    return arrays


def _logical(array: Array, end: End) -> Array:
    if not end.logical:
        return array
    in_memory = [end.logical[axis] for axis in end.perm]
    back = np.argsort(end.perm)
    return array.reshape(len(array), *in_memory).transpose(0, *(int(b) + 1 for b in back))
