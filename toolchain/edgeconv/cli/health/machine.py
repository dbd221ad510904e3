"""The temporary folder and the space in it."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from edgeconv.cli.health.finding import Finding

NEEDED = 1 << 30
"""Bytes; an export of a full-size network keeps a few hundred MB of clips beside its output."""


def check_machine() -> list[Finding]:
    cpus = os.cpu_count() or 1
    return [
        Finding("Machine", "processors", "ok", str(cpus)),
        _check_folder("temporary folder", Path(tempfile.gettempdir())),
        _check_folder("working folder", Path.cwd()),
    ]


def _check_folder(name: str, folder: Path) -> Finding:
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
    except OSError as error:
        mend = "set TMPDIR to a folder you may write to" if name.startswith("temp") else "give --out elsewhere"
        state = "broken" if name.startswith("temp") else "note"
        return Finding("Machine", name, state, f"{folder} cannot be written to: {error.strerror}", mend)  # type: ignore[arg-type]
    free = shutil.disk_usage(folder).free
    words = f"{folder}, {free / 1e9:.1f} GB free"
    if free < NEEDED:
        return Finding("Machine", name, "note", words, "free some space: a large network needs about 1 GB")
    return Finding("Machine", name, "ok", words)
