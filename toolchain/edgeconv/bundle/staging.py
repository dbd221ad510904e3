"""Write into a hidden sibling, then swap: a failed or interrupted export leaves the previous bundle whole."""

from __future__ import annotations

import ctypes
import os
import shutil
import tempfile
from pathlib import Path
from types import TracebackType

from edgeconv.core.errors import DiskFull, UsageError, disk_is_full

_RENAME_EXCHANGE = 2
_AT_FDCWD = -100


class StagedFolder:
    """`with StagedFolder(out) as staged:` gives `staged.path` to fill and `staged.scratch` for throw-away files.

    Nothing appears under `out` before :meth:`commit`. An existing bundle is exchanged atomically where the file
    system can, else by two renames.

    Raises:
        UsageError: `out` is a file, or a folder that holds something else than a bundle; its parent is not writable.
    """

    def __init__(self, out: Path) -> None:
        self.out = Path(os.path.realpath(out))  # a link stays a link: what it points to is replaced
        self._root: Path | None = None

    def __enter__(self) -> StagedFolder:
        parent = self.out.parent
        try:
            _refuse_foreign(self.out)
            parent.mkdir(parents=True, exist_ok=True)
            self._root = Path(tempfile.mkdtemp(prefix=f".{self.out.name}.partial-", dir=parent))
            self.path.mkdir()
            self.scratch.mkdir()
        except (FileExistsError, NotADirectoryError) as error:
            raise UsageError(
                f"'{self.out}' cannot be made: something above it is a file", hint="choose another --out"
            ) from error
        except OSError as error:
            self._discard()
            if disk_is_full(error):
                raise self._full() from error
            raise UsageError(
                f"the folder '{parent}' cannot be written to: {error.strerror}", hint="choose another --out"
            ) from error
        return self

    @property
    def root(self) -> Path:
        assert self._root is not None, "used outside of its with block"
        return self._root

    @property
    def path(self) -> Path:
        return self.root / "bundle"

    @property
    def scratch(self) -> Path:
        return self.root / "scratch"

    def commit(self) -> None:
        """Put the new bundle in place of the old one."""
        self.path.chmod(0o755)
        if not self.out.exists():
            self.path.rename(self.out)
            return
        if not _exchange(self.path, self.out):
            old = self.root / "previous"
            self.out.rename(old)
            try:
                self.path.rename(self.out)
            except BaseException:  # an interrupt as well: the old bundle would be discarded with the rest
                old.rename(self.out)
                raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._discard()
        if disk_is_full(error):
            raise self._full() from error

    def _full(self) -> DiskFull:
        return DiskFull(
            f"the disk is full: nothing was written to '{self.out}'",
            hint="free some space; an export needs a few hundred MB beside its output",
        )

    def _discard(self) -> None:
        if self._root is not None:
            shutil.rmtree(self._root, ignore_errors=True)


def _refuse_foreign(out: Path) -> None:
    if out.is_dir():
        if any(out.iterdir()) and not (out / "manifest.json").is_file():
            raise UsageError(
                f"'{out}' holds files that are not an edgeconv bundle", hint="choose an empty or new folder for --out"
            )
        if not os.access(out.parent, os.W_OK):
            raise UsageError(f"the folder '{out.parent}' cannot be written to", hint="choose another --out")
    elif out.exists():
        raise UsageError(f"'{out}' is a file, not a folder", hint="choose another --out")


def _exchange(a: Path, b: Path) -> bool:
    """Swap two folders atomically (Linux renameat2); False where that is not to be had."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    return bool(renameat2(_AT_FDCWD, os.fsencode(a), _AT_FDCWD, os.fsencode(b), _RENAME_EXCHANGE) == 0)
