"""Find the videos of a folder: video files, and folders of frame images."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from edgeconv.core.errors import UsageError
from edgeconv.core.report import SkippedClip

VIDEO_EXTENSIONS = (".mp4", ".avi", ".mkv", ".mov", ".webm", ".m4v")
IMAGE_EXTENSIONS = (".png", ".jpg", ".jpeg", ".bmp")


@dataclass(frozen=True)
class VideoSource:
    """One video: a file, or a folder of frame images.

    Attributes:
        name: file or folder name, without the path; printable.
        path: the video file, or the folder that holds the images.
        images: the frames in order; empty for a video file.
    """

    name: str
    path: Path
    images: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Listing:
    """What a folder holds.

    Attributes:
        sources: in natural order of their names, at least one unless ``skipped`` is filled.
        skipped: sub-folders that cannot be read.
    """

    sources: tuple[VideoSource, ...]
    skipped: tuple[SkippedClip, ...]


def natural_key(name: str) -> tuple[tuple[str | int, ...], str]:
    """Sort key that orders numbers inside names by value: ``f2`` before ``f10``."""
    parts = re.split(r"([0-9]+)", name.lower())
    return tuple(int(part) if i % 2 else part for i, part in enumerate(parts)), name


def find_sources(folder: Path) -> Listing:
    """List the videos of ``folder``, in natural order of their names.

    A video is a file with one of :data:`VIDEO_EXTENSIONS` (any case), or a direct sub-folder with frame images
    (:data:`IMAGE_EXTENSIONS`, ordered by the numbers in their names). Images that lie in ``folder`` itself are one
    video, unless video files lie beside them (then they are taken for thumbnails). Hidden entries are passed over.

    Raises:
        UsageError: the folder does not exist, is a file, cannot be read, or holds no video.
    """
    entries = _entries_or_error(folder)
    sources = [VideoSource(printable(e.name), e) for e in entries if _is_file(e, VIDEO_EXTENSIONS)]
    own_images = _images(entries)
    if own_images and not sources:
        sources.append(VideoSource(printable(folder.resolve().name), folder, own_images))
    skipped: list[SkippedClip] = []
    deeper = False
    for sub in (e for e in entries if e.is_dir()):
        try:
            inside = _entries(sub)
        except OSError as error:
            skipped.append(SkippedClip(name=printable(sub.name), reason=f"folder cannot be read: {error.strerror}"))
            continue
        images = _images(inside)
        if images:
            sources.append(VideoSource(printable(sub.name), sub, images))
        deeper |= any(_is_file(e, VIDEO_EXTENSIONS) for e in inside)
    if not sources and not skipped:
        known = ", ".join(e.lstrip(".") for e in VIDEO_EXTENSIONS)
        raise UsageError(
            f"the folder '{folder}' holds no videos",
            hint="its sub-folders hold video files: name one of them instead"
            if deeper
            else f"put video files ({known}) or sub-folders of frame images (png, jpg, jpeg, bmp) into it",
        )
    return Listing(tuple(sorted(sources, key=lambda s: natural_key(s.name))), tuple(skipped))


def printable(name: str) -> str:
    """Return a file name that can be written as UTF-8, whatever bytes the file system holds."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _entries_or_error(folder: Path) -> list[Path]:
    try:
        return _entries(folder)
    except FileNotFoundError:
        raise UsageError(f"the folder '{folder}' does not exist", hint="name a folder that holds video files") from None
    except NotADirectoryError:
        raise UsageError(
            f"'{folder}' is a file, not a folder", hint="name the folder that holds the videos, not one of them"
        ) from None
    except OSError as error:
        raise UsageError(
            f"the folder '{folder}' cannot be read: {error.strerror}", hint="check its permissions"
        ) from error


def _entries(folder: Path) -> list[Path]:
    return sorted((e for e in folder.iterdir() if not e.name.startswith(".")), key=lambda e: natural_key(e.name))


def _is_file(entry: Path, extensions: tuple[str, ...]) -> bool:
    """True for files, and for broken links, which are to be named as skipped and not passed over."""
    if entry.suffix.lower() not in extensions:
        return False
    return entry.is_file() or (entry.is_symlink() and not entry.exists())


def _images(entries: list[Path]) -> tuple[Path, ...]:
    return tuple(e for e in entries if _is_file(e, IMAGE_EXTENSIONS))
