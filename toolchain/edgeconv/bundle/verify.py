"""Whether a bundle is what its manifest says: every file there and whole, and nothing else.

The bundle may come from anywhere, so nothing of it is trusted: links are not followed, names may not lead outside, and
no more of a file is read than its manifest says it holds.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import ValidationError

from edgeconv.bundle.manifest import NAME, VOLATILE, FileEntry, Manifest, sha256_of
from edgeconv.bundle.seal import KEY, sealed
from edgeconv.core.errors import UsageError

MAX_JSON = 16 << 20
"""Bytes of a manifest or timings.json; real ones have some kilobytes."""


@dataclass(frozen=True)
class Finding:
    """One way in which the bundle is not what it should be."""

    file: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}: {self.what}"


@dataclass(frozen=True)
class Inspected:
    manifest: Manifest | None
    """None where it cannot be read; `findings` then say why."""
    files: int
    """Files found, manifest included."""
    findings: tuple[Finding, ...]


class _Broken(Exception):
    """A JSON document that cannot be used, with the reason."""


def inspect_bundle(folder: Path) -> Inspected:
    """Compare a bundle with its manifest, file by file; all findings at once.

    Raises:
        UsageError: there is no bundle: no folder, or none with a manifest.json.
    """
    if not folder.is_dir():
        state = "is a file" if folder.exists() else "does not exist"
        raise UsageError(f"the bundle '{folder}' {state}", hint="name the folder that holds manifest.json")
    if not os.path.lexists(folder / NAME):
        raise UsageError(f"'{folder}' holds no {NAME}", hint="name the folder that 'edgeconv export' has written")
    found, findings = _walk(folder)
    if NAME not in found:
        return Inspected(None, len(found), (*findings, Finding(NAME, "is no file of this folder")))
    try:
        document = _read_sealed(folder / NAME)
        manifest = Manifest.model_validate(document)
    except _Broken as broken:
        return Inspected(None, len(found), (*findings, Finding(NAME, str(broken))))
    except ValidationError as error:
        return Inspected(None, len(found), (*findings, *_schema(error)))
    findings += _names(manifest)
    findings += _files(folder, manifest, found)
    return Inspected(manifest, len(found), tuple(dict.fromkeys(findings)))


def _walk(folder: Path) -> tuple[set[str], list[Finding]]:
    """The regular files by their POSIX path, and a finding for whatever else lies there. Links are not followed."""
    files: set[str] = set()
    findings: list[Finding] = []
    pending = [folder]
    while pending:
        here = pending.pop()
        try:
            entries = sorted(os.scandir(here), key=lambda entry: entry.name)
        except OSError as error:
            findings.append(Finding(here.relative_to(folder).as_posix(), f"cannot be read: {error.strerror}"))
            continue
        for entry in entries:
            name = Path(entry.path).relative_to(folder).as_posix()
            mode = entry.stat(follow_symlinks=False).st_mode
            if stat.S_ISDIR(mode):
                pending.append(Path(entry.path))
            elif stat.S_ISREG(mode):
                files.add(name)
            else:
                kind = "a link, which may lead outside" if stat.S_ISLNK(mode) else "no regular file"
                findings.append(Finding(name, f"is {kind}"))
    return files, findings


def _read_sealed(path: Path) -> dict[str, Any]:
    """A sealed document without its seal."""
    try:
        if (size := path.stat().st_size) > MAX_JSON:
            raise _Broken(f"has {size} bytes; at most {MAX_JSON} are read")
        text = path.read_bytes().decode("utf-8")
        document = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
        unbroken = not isinstance(document, dict) or sealed(document) == text
    except OSError as error:
        raise _Broken(f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise _Broken(f"is not UTF-8: byte {error.start}") from error
    except RecursionError as error:
        raise _Broken("is nested too deeply") from error
    except ValueError as error:
        raise _Broken(f"is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise _Broken("is not a JSON object")
    if KEY not in document:
        raise _Broken("has no seal: it was cut, or written by something else")
    if not unbroken:
        raise _Broken("was changed after it was written: its seal is broken")
    return {key: value for key, value in document.items() if key != KEY}


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        keys = [key for key, _ in pairs]
        raise _Broken(f"has the key '{next(key for key in keys if keys.count(key) > 1)}' twice")
    return document


def _no_number(text: str) -> None:
    raise _Broken(f"holds {text}, which is no number in JSON")


def _schema(error: ValidationError) -> Iterator[Finding]:
    for problem in error.errors(include_url=False, include_input=False):
        place = ".".join(map(str, problem["loc"]))
        yield Finding(NAME, f"{place}: {problem['msg']}")


def _names(manifest: Manifest) -> Iterator[Finding]:
    """Names that lead outside of the bundle, or that the manifest uses but does not list."""
    for name, entry in manifest.files.items():
        if (why := _unsafe(name)) is not None:
            yield Finding(NAME, f"names the file '{name}', {why}")
        if name in (NAME, *VOLATILE):
            yield Finding(NAME, f"lists '{name}', which is sealed by itself")
        if not re.fullmatch("[0-9a-f]{64}", entry.sha256) or entry.bytes < 0:
            yield Finding(NAME, f"has no possible size and SHA-256 for '{name}'")
    for name in manifest.volatile:
        if name not in VOLATILE:
            yield Finding(NAME, f"leaves '{name}' unsigned; only {', '.join(VOLATILE)} may be")
    used = [
        *([manifest.labels] if manifest.labels else []),
        *([manifest.split.backbone, manifest.split.head] if manifest.split else []),
        *(n for g in manifest.golden for n in g.inputs + g.outputs),
    ]
    for name in used:
        if name not in manifest.files:
            yield Finding(NAME, f"uses '{name}', which is not among its files")
    for vector in manifest.golden:
        if len(vector.inputs) != len(manifest.inputs) or len(vector.outputs) != len(manifest.outputs):
            yield Finding(NAME, f"the golden vector '{vector.clip}' has not one file per input and output")


def _unsafe(name: str) -> str | None:
    path = PurePosixPath(name)
    if path.is_absolute() or "\\" in name or re.match("[A-Za-z]:", name):
        return "an absolute path"
    if ".." in path.parts:
        return "which leads out of the bundle"
    if not name or path.as_posix() != name or name == "." or not name.isprintable():
        return "which is no plain name"
    return None


def _files(folder: Path, manifest: Manifest, found: set[str]) -> Iterator[Finding]:
    for name in sorted(found - set(manifest.files) - {NAME, *VOLATILE}):
        yield Finding(name, "is not in the manifest")
    for name, entry in sorted(manifest.files.items()):
        if name not in found:
            yield Finding(name, "is missing")
        elif (why := _differs(folder / name, entry)) is not None:
            yield Finding(name, why)
    for name in VOLATILE:
        if name not in found:
            yield Finding(name, "is missing")
            continue
        try:
            _read_sealed(folder / name)
        except _Broken as broken:
            yield Finding(name, str(broken))


def _differs(path: Path, entry: FileEntry) -> str | None:
    try:
        if (size := path.stat().st_size) != entry.bytes:
            return f"has {size} bytes, the manifest says {entry.bytes}"
        return None if sha256_of(path) == entry.sha256 else "was changed: its SHA-256 is not that of the manifest"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
