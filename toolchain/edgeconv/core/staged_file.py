"""Write a file beside its place, then move it there: what lay there before stays whole until the end."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from types import TracebackType

from edgeconv.core.errors import DiskFull, UsageError, disk_is_full


class StagedFile:
    """`with StagedFile(out) as staged:` gives `staged.path` to write and `staged.scratch` for throw-away files.

    Nothing appears at `out` before :meth:`commit`.

    Raises:
        UsageError: `out` is a folder, or its parent cannot be made or written to.
    """

    def __init__(self, out: Path) -> None:
        self.out = Path(os.path.realpath(out))  # a link stays a link
        self._root: Path | None = None

    def __enter__(self) -> StagedFile:
        if self.out.is_dir():
            raise UsageError(f"'{self.out}' is a folder, not a file", hint="give the name of a file to write")
        try:
            self.out.parent.mkdir(parents=True, exist_ok=True)
            self._root = Path(tempfile.mkdtemp(prefix=f".{self.out.name}.partial-", dir=self.out.parent))
            self.path.parent.mkdir()
        except (FileExistsError, NotADirectoryError) as error:
            raise UsageError(f"'{self.out}' cannot be made: something above it is a file") from error
        except OSError as error:
            self._discard()
            if disk_is_full(error):
                raise self._full() from error
            raise UsageError(f"the folder '{self.out.parent}' cannot be written to: {error.strerror}") from error
        return self

    @property
    def scratch(self) -> Path:
        assert self._root is not None, "used outside of its with block"
        return self._root

    @property
    def path(self) -> Path:
        """The file to write, under its own name; what lies in the same folder is moved with it."""
        return self.scratch / "done" / self.out.name

    def commit(self) -> None:
        """Move the file into place; what it refers to goes first."""
        for beside in self.path.parent.iterdir():
            if beside != self.path:
                beside.replace(self.out.parent / beside.name)
        self.path.replace(self.out)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._discard()
        if disk_is_full(error):
            raise self._full() from error

    def _full(self) -> DiskFull:
        return DiskFull(f"the disk is full: '{self.out}' was not written", hint="free some space and run it again")

    def _discard(self) -> None:
        if self._root is not None:
            shutil.rmtree(self._root, ignore_errors=True)
