"""Samples that are ready to be fed: .npz and .npy files in the model's own layout."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edgeconv.core.errors import UsageError
from edgeconv.core.layout import Array
from edgeconv.core.report import InputInfo, SkippedClip
from edgeconv.video.sample import spread
from edgeconv.video.sources import natural_key, printable

EXTENSIONS = (".npz", ".npy")


@dataclass(frozen=True, eq=False)
class ReadySample:
    name: str
    arrays: tuple[Array, ...]
    """One per input, of its shape and dtype."""


class _Unusable(Exception):
    """Why a file is no sample."""


def holds_ready_samples(folder: Path | None) -> bool:
    """Whether a folder is one of ready samples (and not of videos)."""
    return folder is not None and folder.is_dir() and bool(_files(folder))


def read_samples(
    folder: Path, inputs: Sequence[InputInfo], count: int
) -> tuple[list[ReadySample], tuple[SkippedClip, ...]]:
    """Up to `count` samples of a folder, evenly spread in the order of their names, and what was skipped.

    A .npz file holds one array per input under its name (or a single one, whatever its name, for a model of a single
    input), a .npy file the only input. Arrays have the input's shape; a leading 1 may be left out.

    Raises:
        UsageError: no file is usable; every reason is told.
    """
    files = _files(folder)
    found: list[ReadySample] = []
    skipped: list[SkippedClip] = []
    chosen = set(spread(len(files), min(count, len(files))))
    rest = [i for i in range(len(files)) if i not in chosen]
    for index in (*sorted(chosen), *rest):
        if len(found) == min(count, len(files)):
            break
        name = printable(files[index].name)
        try:
            found.append(ReadySample(name, _read(files[index], inputs)))
        except _Unusable as reason:
            skipped.append(SkippedClip(name=name, reason=str(reason)))
    if not found:
        raise UsageError(
            f"the folder '{folder}' holds no usable sample",
            reasons=[f"skipped {s.name}: {s.reason}" for s in skipped],
            hint="save them with numpy.savez(path, " + ", ".join(f"{i.name}=..." for i in inputs) + ")",
        )
    return sorted(found, key=lambda s: natural_key(s.name)), tuple(skipped)


def _files(folder: Path) -> list[Path]:
    files = (f for f in folder.iterdir() if f.suffix.lower() in EXTENSIONS and not f.name.startswith("."))
    return sorted(files, key=lambda f: natural_key(f.name))


def _read(path: Path, inputs: Sequence[InputInfo]) -> tuple[Array, ...]:
    try:
        loaded = np.load(path, allow_pickle=False)
        arrays = {name: loaded[name] for name in loaded.files} if isinstance(loaded, np.lib.npyio.NpzFile) else loaded
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        reason = str(error).partition("\n")[0]
        if "pickle" in reason:
            reason = "it is no array file, or one of pickled objects, which are never loaded"
        raise _Unusable(f"it cannot be read: {reason or 'it is empty'}") from error
    names = [i.name for i in inputs]
    if not isinstance(arrays, dict):
        if len(inputs) > 1:
            raise _Unusable(f"it is one array, but the model takes {', '.join(names)}: save a .npz")
        arrays = {names[0]: arrays}
    elif len(inputs) == 1 and len(arrays) == 1:
        arrays = dict(zip(names, arrays.values(), strict=True))
    missing = [n for n in names if n not in arrays]
    if missing:
        raise _Unusable(f"it holds {', '.join(arrays) or 'nothing'}, but no array {' and no '.join(missing)}")
    return tuple(_fitted(arrays[i.name], i) for i in inputs)


def _fitted(array: Array, info: InputInfo) -> Array:
    if (1, *array.shape) == info.shape:
        array = array[None]
    if array.shape != info.shape:
        raise _Unusable(f"'{info.name}' is {list(array.shape)}, the model takes {list(info.shape)}")
    wanted = np.dtype(info.dtype)
    numeric = array.dtype.kind in "fiub"
    if not numeric or (array.dtype.kind == "f" and wanted.kind in "iub"):
        raise _Unusable(f"'{info.name}' is {array.dtype}, the model takes {wanted}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise _Unusable(f"'{info.name}' holds NaN or infinite values")
    return array.astype(wanted)
