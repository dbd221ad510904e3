"""Write into a hidden sibling, then swap: a failed, interrupted or killed export leaves the previous bundle whole."""

from __future__ import annotations

import ctypes
import os
import re
from pathlib import Path

from edgeconv.core.errors import UsageError
from edgeconv.core.staging import Staging

_RENAME_EXCHANGE = 2
_AT_FDCWD = -100


class StagedFolder(Staging):
    """`with StagedFolder(out) as staged:` gives `staged.path` to fill and `staged.scratch` for throw-away files.

    Nothing appears under `out` before :meth:`commit`. An existing bundle is exchanged atomically where the file
    system can, else by two renames; a process that is killed between these leaves no bundle there, and the next one
    puts the old one back before it starts.

    Raises:
        UsageError: `out` is a file, or a folder that holds something else than a bundle or cannot be replaced; its
            parent is not writable; another process is writing it.
    """

    def __enter__(self) -> StagedFolder:
        self._enter()
        return self

    def _refuse(self) -> None:
        _refuse_foreign(self.out)

    def _prepare(self) -> None:
        self.path.mkdir()
        self.scratch.mkdir()

    def _recover(self, work: Path) -> None:
        previous = work / "previous"
        if previous.exists() and not self.out.exists():
            previous.rename(self.out)

    @property
    def path(self) -> Path:
        return self.work / "bundle"

    @property
    def scratch(self) -> Path:
        return self.work / "scratch"

    def commit(self) -> None:
        """Put the new bundle in place of the old one."""
        self.path.chmod(0o755)
        if not self.out.exists():
            self.path.rename(self.out)
            return
        if not _exchange(self.path, self.out):
            old = self.work / "previous"
            self.out.rename(old)
            try:
                self.path.rename(self.out)
            except BaseException:  # an interrupt as well: the old bundle would be discarded with the rest
                old.rename(self.out)
                raise


def _refuse_foreign(out: Path) -> None:
    if out.is_dir():
        if any(out.iterdir()) and not (out / "manifest.json").is_file():
            raise UsageError(
                f"'{out}' holds files that are not an edgeconv bundle", hint="choose an empty or new folder for --out"
            )
        if not os.access(out.parent, os.W_OK):
            raise UsageError(f"the folder '{out.parent}' cannot be written to", hint="choose another --out")
        if _is_mount_point(out):
            raise UsageError(
                f"'{out}' is a mount point, which cannot be replaced as a whole", hint=f"choose '{out / 'bundle'}'"
            )
    elif out.exists():
        raise UsageError(f"'{out}' is a file, not a folder", hint="choose another --out")


def _is_mount_point(folder: Path) -> bool:
    """Bind mounts of the same file system (a container's volume) included, which os.path.ismount does not see."""
    if folder.is_mount():
        return True
    try:
        table = Path("/proc/self/mountinfo").read_bytes().splitlines()
    except OSError:
        return False  # no Linux
    mounted = re.sub(rb"[ \t\n\\]", lambda m: b"\\%03o" % m[0][0], os.fsencode(folder))
    return any(line.split(b" ")[4] == mounted for line in table)


def _exchange(a: Path, b: Path) -> bool:
    """Swap two folders atomically (Linux renameat2); False where that is not to be had."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    return bool(renameat2(_AT_FDCWD, os.fsencode(a), _AT_FDCWD, os.fsencode(b), _RENAME_EXCHANGE) == 0)
