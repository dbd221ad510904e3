"""Which clip has which label: folders of classes, or a list beside them.

* folders: ``ROOT/CLASS/clip.avi``; the classes are the folders in alphabetical order.
* a text list, as of UCF-101: a line ``CLASS/clip.avi``, with or without a label behind it. The class is the folder; a
  number behind it must stand for one class throughout. A line ``clip.avi LABEL`` without a folder needs the classes
  from elsewhere: the label is one of their names, or a number counted from 0.
* a table, as of Kinetics: ``label,youtube_id,time_start,time_end[,split]`` names
  ``ROOT/label/ID_000001_000011.mp4``, with spaces or underscores in the label's folder.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from edgeconv_models.data.errors import DataError

SUFFIXES = frozenset({".avi", ".mp4", ".mkv", ".webm", ".mov", ".m4v", ".mpg", ".mpeg"})
"""Of files that are taken for videos."""


@dataclass(frozen=True)
class LabelledClip:
    """One video and the number of its class."""

    path: Path
    label: int


@dataclass(frozen=True)
class Listing:
    """A labelled set of videos; nothing of them has been read."""

    classes: tuple[str, ...]
    clips: tuple[LabelledClip, ...]


def read_listing(root: Path, split: Path | None = None, classes: Sequence[str] | None = None) -> Listing:
    """The clips below ``root``, all of them or those in the list ``split``.

    Args:
        root: folder of the videos.
        split: a text list or a ``.csv`` table, see above.
        classes: names in the order of the labels; left out, those that are found, in alphabetical order.

    Raises:
        DataError: with every line or folder that cannot be used.
    """
    if not root.is_dir():
        raise DataError(f"the data folder '{root}' does not exist")
    if split is None:
        named = _folders(root)
    elif split.suffix == ".csv":
        named = _table(root, _lines(split))
    else:
        named = _list(root, _lines(split), classes)
    origin = split or root
    if not named:
        raise DataError(f"'{origin}' names no video")
    missing = [f"'{path}' does not exist" for path, _ in named if not path.is_file()]
    known = tuple(classes) if classes is not None else tuple(sorted({name for _, name in named}))
    strangers = sorted({name for _, name in named} - set(known))
    reasons = [*missing, *(f"the class '{name}' is not among the {len(known)} known ones" for name in strangers)]
    if reasons:
        raise DataError(f"'{origin}' cannot be used", reasons)
    numbers = {name: number for number, name in enumerate(known)}
    return Listing(known, tuple(LabelledClip(path, numbers[name]) for path, name in named))


def _folders(root: Path) -> list[tuple[Path, str]]:
    named, empty = [], []
    for folder in sorted(p for p in root.iterdir() if p.is_dir() and not p.name.startswith(".")):
        videos = sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES)
        named += [(video, folder.name) for video in videos]
        empty += [] if videos else [f"the class folder '{folder.name}' holds no video"]
    if empty:
        raise DataError(f"'{root}' cannot be used", empty)
    return named


def _lines(file: Path) -> list[str]:
    try:
        return [line.strip() for line in file.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"the list '{file}' cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _list(root: Path, lines: Iterable[str], classes: Sequence[str] | None) -> list[tuple[Path, str]]:
    named, reasons, numbers = [], [], dict[str, str]()
    for number, line in enumerate(lines, 1):
        name, label = _split_label(line)
        folder = Path(name).parent.name
        if folder:
            if label is not None and numbers.setdefault(label, folder) != folder:
                reasons.append(f"line {number}: label {label} was '{numbers[label]}' before, here it is '{folder}'")
            named.append((root / name, folder))
        elif label is None or classes is None:
            reasons.append(f"line {number}: '{line}' tells no class: name its folder, or a label and the classes")
        elif label in classes:
            named.append((root / name, label))
        elif label.isdecimal() and int(label) < len(classes):
            named.append((root / name, classes[int(label)]))
        else:
            reasons.append(f"line {number}: label {label} is out of range, there are {len(classes)} classes")
    if reasons:
        raise DataError("the list cannot be used", reasons)
    return named


def _split_label(line: str) -> tuple[str, str | None]:
    """A name may hold spaces, so only what stands behind the suffix of a video is a label."""
    for separator in (",", None):
        name, *label = line.rsplit(separator, 1)
        if label and Path(name.strip()).suffix.lower() in SUFFIXES:
            return name.strip(), label[0].strip()
    return line, None


def _table(root: Path, lines: Iterable[str]) -> list[tuple[Path, str]]:
    named, reasons = [], []
    for number, row in enumerate(csv.DictReader(lines), 2):
        try:
            label, start, end = row["label"], int(row["time_start"]), int(row["time_end"])
            name = f"{row['youtube_id']}_{start:06d}_{end:06d}.mp4"
        except (KeyError, TypeError, ValueError):
            reasons.append(f"row {number} lacks label, youtube_id, time_start or time_end")
            continue
        folders = [root / label, root / label.replace(" ", "_")]
        named.append((next((f for f in folders if f.is_dir()), folders[0]) / name, label))
    if reasons:
        raise DataError("the table cannot be used", reasons)
    return named
