"""Small bundles, and writing one the way an export does."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from edgeconv.bundle import StagedFolder

Tree = dict[str, "bytes | str"]


def tree(folder: Path) -> Tree:
    """Everything below a folder: bytes of files, '' for folders."""
    return {str(p.relative_to(folder)): "" if p.is_dir() else p.read_bytes() for p in folder.rglob("*")}


def fill(folder: Path, text: str) -> None:
    (folder / "golden").mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").write_text(json.dumps({"model": text}))
    (folder / "golden" / "input_0.npy").write_bytes(text.encode())


def write(out: Path, text: str, error: BaseException | None = None) -> None:
    """An export; with an error, one that fails after everything is written."""
    with StagedFolder(out) as staged:
        (staged.scratch / "clips.npy").write_bytes(b"x" * 1000)
        fill(staged.path, text)
        if error is not None:
            raise error
        staged.commit()


def write_and_die(out: Path, text: str, after: int) -> bool:
    """The same in a process that is killed before what it does next after so many operations; whether it was."""
    pid = os.fork()
    if pid == 0:
        left = after

        def count(event: str, _arguments: object) -> None:
            """Python tells of every opening, renaming, deleting, listing, locking, ..."""
            nonlocal left
            if event != "os.kill" and event.split(".")[0] in ("open", "os", "shutil", "tempfile", "fcntl", "ctypes"):
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        status = 1
        sys.addaudithook(count)
        try:
            write(out, text)
            status = 0
        finally:
            os._exit(status)
    ended = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert ended in (0, -signal.SIGKILL)
    return ended != 0
