"""A file that appears as a whole or not at all."""

from __future__ import annotations

from pathlib import Path

from edgeconv.core.errors import UsageError
from edgeconv.core.staging import Staging


class StagedFile(Staging):
    """`with StagedFile(out) as staged:` gives `staged.path` to write and `staged.scratch` for throw-away files.

    Nothing appears at `out` before :meth:`commit`.

    Raises:
        UsageError: `out` is a folder, its parent cannot be made or written to, or another process is writing it.
    """

    def __enter__(self) -> StagedFile:
        self._enter()
        return self

    def _refuse(self) -> None:
        if self.out.is_dir():
            raise UsageError(f"'{self.out}' is a folder, not a file", hint="give the name of a file to write")

    def _prepare(self) -> None:
        self.path.parent.mkdir()

    def _recover(self, work: Path) -> None:
        """A file is replaced in one step, so a killed run holds nothing that was there before."""

    @property
    def scratch(self) -> Path:
        return self.work

    @property
    def path(self) -> Path:
        """The file to write, under its own name; what lies in the same folder is moved with it."""
        return self.work / "done" / self.out.name

    def commit(self) -> None:
        """Move the file into place; what it refers to goes first."""
        for beside in self.path.parent.iterdir():
            if beside != self.path:
                beside.replace(self.out.parent / beside.name)
        self.path.replace(self.out)
