"""The temporary folder and the space in it."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from edgeconv.cli.health.finding import Finding, State

NEEDED = 1 << 30
"""Bytes; an export of a full-size network keeps a few hundred MB of clips beside its output."""


def check_machine() -> list[Finding]:
    cpus = os.cpu_count() or 1
    return [
        Finding("Machine", "processors", "ok", str(cpus)),
        _check_folder("temporary folder", _temporary(), "broken", "set TMPDIR to a folder you may write to"),
        _check_folder("working folder", Path.cwd(), "note", "give --out elsewhere"),
    ]


def _temporary() -> Path:
    try:
        return Path(tempfile.gettempdir())
    except FileNotFoundError:  # none of the usual places can be written to
        return Path(os.environ.get("TMPDIR", "/tmp"))


def _check_folder(name: str, folder: Path, otherwise: State, mend: str) -> Finding:
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
    except OSError as error:
        return Finding("Machine", name, otherwise, f"{folder} cannot be written to: {error.strerror}", mend)
    free = shutil.disk_usage(folder).free
    words = f"{folder}, {free / 1e9:.1f} GB free"
    if free < NEEDED:
        return Finding("Machine", name, "note", words, "free some space: a large network needs about 1 GB")
    return Finding("Machine", name, "ok", words)
