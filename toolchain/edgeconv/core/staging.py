"""Write beside a place, then move there: what lay there before stays whole until the end, whatever ends the process."""

from __future__ import annotations

import os
import resource
import tempfile
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType

from edgeconv.core.claim import Claim
from edgeconv.core.errors import DiskFull, UsageError, disk_is_full


class Staging(ABC):
    """What a staged file and a staged folder share: a hidden folder beside the place, of one process at a time.

    Raises:
        UsageError: the place is no place to write to, or another process is writing it.
        DiskFull: what happened in the `with` block was for want of room.
    """

    def __init__(self, out: Path) -> None:
        self.out = Path(os.path.realpath(out))  # a link stays a link: what it points to is replaced
        self._claim = Claim(self.out)

    @abstractmethod
    def _refuse(self) -> None:
        """Raise UsageError where `out` must not be replaced."""

    @abstractmethod
    def _prepare(self) -> None:
        """Make the folders inside the empty work folder."""

    @abstractmethod
    def _recover(self, work: Path) -> None:
        """Rescue what a killed run left in its work folder and must not be lost."""

    @property
    def work(self) -> Path:
        return self._claim.work

    def _enter(self) -> None:
        parent = self.out.parent
        try:
            self._refuse()
            parent.mkdir(parents=True, exist_ok=True)
            self._claim.take(self._recover)
            self._prepare()
        except (FileExistsError, NotADirectoryError) as error:
            self._claim.release()
            raise UsageError(
                f"'{self.out}' cannot be made: something above it is a file", hint="choose another --out"
            ) from error
        except OSError as error:
            full = self._no_room() if disk_is_full(error) else None
            self._claim.release()
            raise full or UsageError(
                f"the folder '{parent}' cannot be written to: {error.strerror}", hint="choose another --out"
            ) from error
        except BaseException:
            self._claim.release()
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        full = self._no_room() if disk_is_full(error) else None
        self._claim.release()
        if full:
            raise full from error

    def _no_room(self) -> DiskFull:
        """With how much was written and how much is free, as long as it can still be seen."""
        sizes = [path.stat().st_size for path in self._claim.written()]
        limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
        written = f"{_size(sum(sizes))} had been written beside it"
        if limit != resource.RLIM_INFINITY and max(sizes, default=0) >= limit:
            return DiskFull(
                f"a file may not grow beyond {_size(limit)} here: nothing was written to '{self.out}'",
                reasons=[written],
                hint="raise the limit, as 'ulimit -f unlimited' does",
            )
        temporary = Path(tempfile.gettempdir())
        places = {place.stat().st_dev: place for place in (temporary, self.out.parent) if place.is_dir()}
        return DiskFull(
            f"the disk is full: nothing was written to '{self.out}'",
            reasons=[written, *(f"{_size(_free(place))} are free in '{place}'" for place in places.values())],
            hint="free some space; an export needs a few hundred MB beside its output",
        )


def _free(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def _size(number: int) -> str:
    return f"{number / 1e6:.1f} MB" if number >= 1e5 else f"{number} bytes"
