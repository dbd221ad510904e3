"""The cells of the parity matrix: a file in a runtime, with these kernels, on so many threads. Each runs in a child."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from edgeconv.core.child import ChildDied, ChildHung
from edgeconv.core.layout import Array
from edgeconv.parity.ends import End, collect
from edgeconv.runtimes import Feed, RunRequest, available, run_models

OWN, XNNPACK = "own kernels", "XNNPACK"
KERNELS: dict[str, tuple[str, ...]] = {
    "onnxruntime": ("",),
    "litert": (OWN, XNNPACK),
    "tflite-runtime": (OWN, XNNPACK),
    "tensorflow": (OWN, XNNPACK),
}
"""Runtimes and the sets of kernels that each may be asked for, '' where there is no choice. Another is another row."""


@dataclass(frozen=True)
class CellKey:
    """What is asked for; `kernels` and `threads` are '' and 0 where nothing was asked (PyTorch)."""

    runtime: str
    kernels: str = ""
    threads: int = 0


@dataclass(frozen=True)
class CellFile:
    """A file as a runtime of its format takes it."""

    model: Path
    feeds: tuple[Feed, ...]
    ends: tuple[End, ...]


@dataclass(frozen=True)
class Cell:
    """What came out of one; equal keys, equal numbers."""

    key: CellKey
    outputs: tuple[Array, ...] = ()
    """[clips, ...] per output in the source's order of axes, dequantized; () where it failed."""
    delegated: bool = False
    """XNNPACK took operators; asked for, it may find none that it takes."""
    failure: str = ""
    """Why it gave no numbers."""


def cell_keys(runtimes: Iterable[str], threads: int) -> tuple[CellKey, ...]:
    """All cells of the runtimes that are installed: own kernels first, one thread before several."""
    counts = (1, max(2, threads))
    return tuple(
        CellKey(runtime, kernels, count)
        for runtime in runtimes
        if available(runtime)
        for kernels in KERNELS[runtime]
        for count in counts
    )


def run_cells(
    keys: Sequence[CellKey],
    files: Mapping[str, CellFile],
    had: Mapping[CellKey, Cell],
    clips: int,
    scratch: Path,
    progress: Callable[[str], None],
    saw: Callable[[float], None],
    hung: dict[str, str],
    timeout: float = 1800,
) -> Iterator[Cell]:
    """One cell per key, in this order; those in `had` are there already. A crash is a cell with a failure.

    Args:
        files: by runtime.
        clips: the first so many.
        progress: hears what runs now.
        saw: hears the peak memory of each child in MiB.
        hung: what was said of runtimes that gave no answer in time: they are not waited for again. Those that hang now
            are added.
        timeout: seconds that a cell may take.
    """
    for runtime, group in groupby(keys, key=lambda k: k.runtime):
        own = list(group)
        asked = [key for key in own if key not in had]
        requests = [
            _request(key, files[runtime], clips, scratch / f"cell_{runtime}_{n}.npy") for n, key in enumerate(asked)
        ]
        made = dict(had)
        results = run_models(runtime, requests, timeout)
        for key, request in zip(asked, requests, strict=True):
            if runtime in hung:
                made[key] = Cell(key, failure=f"not run: {hung[runtime]} before")
                continue
            progress(", ".join(filter(None, (key.runtime, key.kernels, f"threads {key.threads}"))))
            result = next(results)
            if isinstance(result, ChildHung):
                hung[runtime] = result.message
            if isinstance(result, ChildDied):
                made[key] = Cell(key, failure="; ".join((result.message, *result.reasons)))
                continue
            saw(result.peak_mib)
            outputs = collect(request.outputs, result.value.outputs, files[runtime].ends)
            made[key] = Cell(key, outputs, bool(result.value.partitions))
        yield from (made[key] for key in own)


def _request(key: CellKey, file: CellFile, clips: int, outputs: Path) -> RunRequest:
    return RunRequest(
        runtime=key.runtime,
        model=file.model,
        feeds=file.feeds,
        clips=clips,
        outputs=outputs,
        threads=key.threads,
        delegate=key.kernels == XNNPACK,
    )
