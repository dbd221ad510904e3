"""Start a real export, kill it at a point of its way, and see what is left of it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cli_tools import EDGECONV, environment


@dataclass(frozen=True)
class Point:
    stage: str
    delay: float
    """Seconds after the stage has begun."""
    group: bool
    """Kill the whole process group at once, as a closing terminal does, not its leader alone."""


def points(stages: Mapping[str, float], per_stage: int, seed: int) -> list[Point]:
    """All stages in turns, at random moments of each; `stages` says how many seconds each takes, '' is the start."""
    chance = random.Random(seed)
    return [
        Point(stage, chance.uniform(0, seconds), chance.random() < 0.4)
        for _ in range(per_stage)
        for stage, seconds in stages.items()
    ]


def kill_at(point: Point, arguments: Sequence[str | Path], scratch: Path) -> list[int]:
    """Run the command, SIGKILL it there; returns the processes of the run that live on for 2 seconds."""
    mark = f"EDGECONV_TEST_RUN={uuid.uuid4()}"
    name, _, value = mark.partition("=")
    env = environment(**{name: value, "TMPDIR": str(scratch)})
    with subprocess.Popen(
        [*EDGECONV, *map(str, arguments)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
        start_new_session=True,
    ) as process:
        assert process.stderr is not None
        if point.stage:
            for line in process.stderr:
                if line.rstrip().endswith(f"s  {point.stage}"):
                    break
        time.sleep(point.delay)
        if point.group:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        threading.Thread(target=process.stderr.read, daemon=True).start()
        process.wait()
    deadline = time.monotonic() + 2
    while (left := _marked(mark)) and time.monotonic() < deadline:
        time.sleep(0.02)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    return left


def _marked(mark: str) -> list[int]:
    """Every process that has inherited the mark, whoever is its parent now."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdecimal() and mark.encode() in (process / "environ").read_bytes().split(b"\0"):
                found.append(int(process.name))
        except OSError:
            continue  # it has ended, or is somebody else's
    return found
