"""The machine, and how calm it was: a shared one is never still, so every section says what else ran."""

from __future__ import annotations

import os
import platform
import resource
import time
from datetime import datetime, timezone
from pathlib import Path

from results import Conditions, Machine

from edgeconv.core.versions import package_versions

_UNITS = ("avx2", "avx512f", "avx_vnni", "avx512_vnni", "amx_int8", "asimddp", "i8mm", "sve")
CALM = 0.1
"""Share of the cores that others may use while something is timed."""
_TICKS = os.sysconf("SC_CLK_TCK")


class Watch:
    """How much of the machine other processes use, from now on."""

    def __init__(self) -> None:
        self._load = os.getloadavg()[0]
        self._busy, self._total = _clocks()
        self._own = _own_seconds()

    def others(self) -> float:
        """Share of all cores, 0 to 1, that others used since the watch was made."""
        busy, total = _clocks()
        used = (busy - self._busy) - (_own_seconds() - self._own)
        return max(0.0, used) / max(total - self._total, 1e-9)

    def conclude(self, others: float | None = None) -> Conditions:
        """The conditions since the watch was made; `others` where only a part of that time counted."""
        return Conditions(
            date=datetime.now(timezone.utc).date().isoformat(),
            load_before=round(self._load, 2),
            others_percent=round(100 * (self.others() if others is None else others), 1),
            machine=machine(),
            packages=package_versions(),
        )


def wait_for_calm(limit: float, patience: float) -> float:
    """Wait until others use no more than `limit` of the cores for a second; returns what is left of the patience."""
    start = time.monotonic()
    while (left := patience - (time.monotonic() - start)) > 0:
        watch = Watch()
        time.sleep(1)
        if watch.others() <= limit:
            break
    return max(0.0, left)


def _clocks() -> tuple[float, float]:
    """Seconds that all cores were busy, and that passed on them, since boot."""
    user, nice, system, idle, wait, irq, softirq, steal = (
        int(v) / _TICKS for v in Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:9]
    )
    busy = user + nice + system + irq + softirq + steal
    return busy, busy + idle + wait


def _own_seconds() -> float:
    """CPU time of this process and of the children that have ended."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(u.ru_utime + u.ru_stime for u in used)


def machine() -> Machine:
    facts: dict[str, str] = {}
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(":")
        facts.setdefault(key.strip(), value.strip())
    flags = facts.get("flags", facts.get("Features", "")).split()
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return Machine(
        cpu=facts.get("model name", platform.machine()),
        vector_units=tuple(u for u in _UNITS if u in flags),
        cores=os.cpu_count() or 1,
        memory_gb=round(memory / 1e9, 1),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
    )
