"""What a long run tells while it runs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from edgeconv.core.report import StageTiming


class Progress(Protocol):
    """Told the station that starts, and what it is at; silent by default."""

    def stage(self, name: str) -> None: ...
    def detail(self, text: str) -> None: ...


class Silent:
    def stage(self, name: str) -> None:
        """Say nothing."""

    def detail(self, text: str) -> None:
        """Say nothing."""


@dataclass
class Stopwatch:
    """Times the stations; peak memory is that of the largest process each used."""

    progress: Progress
    timings: list[StageTiming] = field(default_factory=list)
    _peak: float = 0.0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self.progress.stage(name)
        start, self._peak = time.monotonic(), 0.0
        yield
        self.timings.append(
            StageTiming(name=name, seconds=round(time.monotonic() - start, 3), peak_mib=round(self._peak, 1))
        )

    def saw(self, peak_mib: float) -> None:
        """A process of the present station peaked at this much memory."""
        self._peak = max(self._peak, peak_mib)
