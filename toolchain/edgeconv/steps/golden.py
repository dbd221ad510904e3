"""Golden vectors: what the device's model was fed, what it answered, and how far another machine may be from that."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edgeconv import bundle, parity
from edgeconv.core.layout import Array
from edgeconv.core.numbered import numbered
from edgeconv.steps.state import INT8, Road

CLIPS = 2
LEAST = 1
"""Quantization steps by which any two sets of kernels may differ, each rounding in its own way."""


def golden_vectors(road: Road, run: parity.ParityRun, names: Sequence[str]) -> tuple[bundle.GoldenVector, ...]:
    """Samples as the int8 model was fed, and the answers of the kernels nearest to TFLite's reference ones.

    The tolerance is what the runtimes here differ by: a device has other kernels again, and those of one network drift
    apart about as far from each other as these do (aarch64, measured: a quarter of it).
    """
    made = [r for r in ("tflite-runtime", "tensorflow", "litert") if f"int8 TFLite ({r})" in run.measured]
    if not made:
        return ()
    road.file("golden").mkdir()
    scratch = road.staged.scratch
    ends = road.summaries[INT8]
    inputs = _arrays(scratch / f"raw_in_{made[0]}.npy", len(ends.inputs))
    expected, *others = (_arrays(scratch / f"raw_out_{name}.npy", len(ends.outputs)) for name in made)
    between = (_apart(own, other) for answers in others for own, other in zip(expected, answers, strict=True))
    apart = max(between) if others else _kernels_apart(run)
    return tuple(
        bundle.GoldenVector(
            clip=names[clip],
            inputs=_save_each(road, f"golden/clip_{clip}_input.npy", [array[clip] for array in inputs]),
            outputs=_save_each(road, f"golden/clip_{clip}_output.npy", [array[clip] for array in expected]),
            produced_by=made[0],
            tolerance_lsb=max(LEAST, apart),
        )
        for clip in range(min(CLIPS, len(names)))
    )


def _kernels_apart(run: parity.ParityRun) -> int:
    """In steps, where a single runtime judged: what its own kernels and XNNPACK differ by in the parity matrix."""
    return max((round(p.largest) for m in run.matrices if m.in_steps for p in m.pairs), default=0)


def _apart(own: Array, other: Array) -> int:
    """The largest difference over the samples that both have."""
    steps = other.astype(np.int32) - own[: len(other)].astype(np.int32)
    return int(np.abs(steps).max())


def _arrays(path: Path, count: int) -> list[Array]:
    return [np.load(numbered(path, index), mmap_mode="r") for index in range(count)]


def _save_each(road: Road, name: str, arrays: Sequence[Array]) -> tuple[str, ...]:
    paths = [numbered(road.file(name), index) for index in range(len(arrays))]
    for path, array in zip(paths, arrays, strict=True):
        np.save(path, array)
    return tuple(path.relative_to(road.staged.path).as_posix() for path in paths)
