"""The bench road: the files that a device runs, timed in turns (A B A B), so that a noisy moment hits all alike."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from edgeconv import runtimes
from edgeconv.core.child import Child, ChildDied
from edgeconv.core.progress import Progress, Silent


@dataclass(frozen=True)
class Contender:
    """One file in one runtime with so many threads."""

    bundle: str
    """As the user wrote it."""
    model: Path
    runtime: str
    threads: int


@dataclass
class Timing:
    contender: Contender
    milliseconds: list[float] = field(default_factory=list)
    peak_mib: float = 0.0
    partitions: int = 0
    failure: str = ""
    """Why there are no times: a runtime that crashes is a finding."""

    def percentile(self, share: float) -> float:
        """Of the times, linear between neighbours; `share` 0..1."""
        ordered = sorted(self.milliseconds)
        at = share * (len(ordered) - 1)
        low = int(at)
        high = min(low + 1, len(ordered) - 1)
        return ordered[low] + (ordered[high] - ordered[low]) * (at - low)

    @property
    def p50(self) -> float:
        return statistics.median(self.milliseconds)

    @property
    def p90(self) -> float:
        return self.percentile(0.9)


def bench(
    contenders: Sequence[Contender], rounds: int = 10, runs: int = 3, progress: Progress | None = None
) -> tuple[Timing, ...]:
    """Time all contenders, each in a process of its own, `rounds` turns of `runs` runs.

    Returns:
        One timing per contender, in their order.
    """
    told = progress or Silent()
    timings = tuple(Timing(c) for c in contenders)
    with ExitStack() as stack:
        children = [stack.enter_context(Child(c.runtime, c.threads)) for c in contenders]
        for number in range(rounds):
            told.detail(f"round {number + 1} of {rounds}")
            for timing, child in zip(timings, children, strict=True):
                if not timing.failure:
                    _turn(timing, child, runs)
    return timings


def _turn(timing: Timing, child: Child, runs: int) -> None:
    c = timing.contender
    request = runtimes.TimeRequest(runtime=c.runtime, model=c.model, runs=runs, threads=c.threads)
    try:
        result = child.call("edgeconv.runtimes.timing:time_runs", request, runtimes.Timed)
    except ChildDied as died:
        timing.failure = "; ".join((died.message, *died.reasons))
        return
    timing.milliseconds += result.value.milliseconds
    timing.partitions = result.value.partitions
    timing.peak_mib = max(timing.peak_mib, result.peak_mib)
