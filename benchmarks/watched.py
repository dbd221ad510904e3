"""Run a command and watch its whole process tree: wall time, and peak of the summed resident memory."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

INTERVAL = 0.05
"""Seconds between two looks at the tree."""
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Watched:
    seconds: float
    cpu_seconds: float
    """Of the command and of all children that it waited for."""
    peak_gb: float
    """Largest sum of the resident memory of all processes at one moment; pages they share count several times."""
    status: int
    stopped: bool
    """The caller had what it wanted and ended the command."""


def run(
    command: Sequence[str],
    *,
    log: Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    enough: Callable[[], bool] = lambda: False,
    timeout: float = 1800,
) -> Watched:
    """Run to the end, or until `enough` says so, or until `timeout`; what it prints goes to `log`."""
    peak, stopped, start, used = 0, False, time.monotonic(), _children_seconds()
    with log.open("wb") as sink:
        process = subprocess.Popen(
            command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT
        )
        while process.poll() is None:
            tree = _tree(process.pid)
            peak = max(peak, sum(map(_resident, tree)))
            stopped = enough() or time.monotonic() - start > timeout
            if stopped:
                _end(process, tree)
                break
            time.sleep(INTERVAL)
    wall, cpu = time.monotonic() - start, _children_seconds() - used
    return Watched(round(wall, 2), round(cpu, 2), round(peak / 1e9, 3), process.returncode, stopped)


def _children_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _end(process: subprocess.Popen[bytes], tree: Sequence[int]) -> None:
    for pid in tree:
        if pid != process.pid:
            try:
                os.kill(pid, 15)
            except ProcessLookupError:
                continue
    process.kill()
    process.wait()


def _tree(root: int) -> list[int]:
    """The process and all that descend from it, by the parent that each one names."""
    children: dict[int, list[int]] = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit() and (parent := _parent(entry.name)) is not None:
            children.setdefault(parent, []).append(int(entry.name))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def _parent(pid: str) -> int | None:
    try:
        stat = Path("/proc", pid, "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None  # it ended while we looked
    return int(stat.rpartition(")")[2].split()[1])


def _resident(pid: int) -> int:
    try:
        return int(Path("/proc", str(pid), "statm").read_text(encoding="ascii").split()[1]) * _PAGE
    except OSError:
        return 0
