"""The machine, and how calm it was: a shared one is never still, so every section says what else ran."""

from __future__ import annotations

import os
import platform
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

from results import Conditions, Machine

from edgeconv.core.versions import package_versions

_UNITS = ("avx2", "avx512f", "avx_vnni", "avx512_vnni", "amx_int8", "asimddp", "i8mm", "sve")
_TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def observed() -> Iterator[Callable[[], Conditions]]:
    """`with observed() as conditions: measure(); conditions()` tells what the time in between was like."""
    load, busy, total, own = os.getloadavg()[0], *_clocks(), _own_seconds()

    def conclude() -> Conditions:
        busy_now, total_now = _clocks()
        others = (busy_now - busy) - (_own_seconds() - own)
        return Conditions(
            date=datetime.now(timezone.utc).date().isoformat(),
            load_before=round(load, 2),
            others_percent=round(100 * max(0.0, others) / max(total_now - total, 1e-9), 1),
            machine=machine(),
            packages=package_versions(),
        )

    yield conclude


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
