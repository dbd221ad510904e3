"""One process at a time may replace a place, and what a dead one left beside it is found and cleared."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from edgeconv.core.errors import UsageError


class Claim:
    """A hidden folder `.NAME.partial` beside the place, on the same file system.

    It holds a file that its owner locks. The lock is the kernel's and ends with the process, however that ends: who
    finds the folder unlocked knows that its owner is dead.
    """

    def __init__(self, out: Path) -> None:
        self._out = out
        self._folder = out.parent / f".{out.name}.partial"
        self._lock: int | None = None
        self._work: Path | None = None

    @property
    def work(self) -> Path:
        """An empty folder at first, of a name that no other run has: an orphan of a dead run cannot write into it."""
        assert self._work is not None, "used outside of its with block"
        return self._work

    def written(self) -> Iterator[Path]:
        """Files in the work folder, where there is one."""
        if self._work is not None:
            yield from (path for path in self._work.rglob("*") if path.is_file() and not path.is_symlink())

    def take(self, recover: Callable[[Path], None]) -> None:
        """Make the folder; `recover` is given every work folder of a dead run before it is deleted.

        Raises:
            UsageError: a live process has it, or it is not ours.
            OSError: it cannot be made.
        """
        while self._lock is None:
            self._lock = self._try()
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, str(os.getpid()).encode(), 0)
        for left in self._folder.glob("work-*"):
            recover(left)
            shutil.rmtree(left, ignore_errors=True)
        self._work = Path(tempfile.mkdtemp(prefix="work-", dir=self._folder))

    def release(self) -> None:
        """Delete all of it; whatever cannot be deleted now, the next owner will delete."""
        if self._work is not None:
            shutil.rmtree(self._work, ignore_errors=True)
            self._work = None
        if self._lock is not None:
            try:
                (self._folder / "lock").unlink()
                self._folder.rmdir()
            except OSError:
                pass  # the next owner has it already, or it holds what could not be deleted
            os.close(self._lock)
            self._lock = None

    def _try(self) -> int | None:
        """The locked file; None where its owner took the folder away meanwhile."""
        fresh = self._make()
        lock = self._folder / "lock"
        try:
            opened = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        except FileNotFoundError:
            return None
        try:
            self._acquire(opened, fresh)
            if os.path.samestat(os.fstat(opened), lock.lstat()):
                return opened
        except FileNotFoundError:
            pass
        except BaseException:
            os.close(opened)
            raise
        os.close(opened)
        return None

    def _acquire(self, opened: int, fresh: bool) -> None:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError(
                f"another edgeconv (process {_owner(opened)}) is writing '{self._out}'",
                hint="wait for it, or choose another --out",
            ) from error
        except OSError as error:
            if not fresh:  # who made the folder is its only owner, locks or not
                raise UsageError(
                    f"'{self._folder}' is of another run (process {_owner(opened)}); whether that lives is not known",
                    reasons=[f"the file system has no locks: {error.strerror}"],
                    hint="delete it if nothing writes there",
                ) from error

    def _make(self) -> bool:
        """Whether it was not there yet."""
        try:
            self._folder.mkdir(mode=0o700)
            return True
        except FileExistsError:
            found, parent = self._folder.lstat(), self._folder.parent.stat()
        # In /tmp anybody may have laid a folder or a link here, to have it filled or emptied by us.
        if not stat.S_ISDIR(found.st_mode) or (parent.st_mode & stat.S_ISVTX and found.st_uid != os.geteuid()):
            raise UsageError(f"'{self._folder}' is in the way and not ours", hint="delete it, or choose another --out")
        return False


def _owner(opened: int) -> str:
    return os.pread(opened, 20, 0).decode(errors="replace") or "that just started"
