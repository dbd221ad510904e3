"""When a process is killed, those that it started end, whatever they are doing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edgeconv.core.mortal import COULD_NOT_START, mortal

PARENT = """
import subprocess, sys, time
from edgeconv.core.mortal import mortal
child = subprocess.Popen(mortal(sys.argv[1:]), start_new_session=True, stdin=subprocess.DEVNULL, stdout=sys.stderr)
print(child.pid, flush=True)
time.sleep(60)
"""

TOOL = """
import edgeconv.core.child as core
from core_child_functions import Answer, Ask

with core.Child("the child") as child:
    print(child.call("core_child_functions:echo", Ask(), Answer).value.process, flush=True)
    child.call("core_child_functions:spin", Ask(), Answer)
"""


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize(
    "command",
    [
        (sys.executable, "-c", PARENT, sys.executable, "-c", "print(1)\nwhile True: pass"),
        (sys.executable, "-c", TOOL),
    ],
    ids=["a foreign program", "a child of ours"],
)
def test_it_ends_with_its_parent(command: tuple[str, ...]) -> None:
    path = os.pathsep.join((str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")))
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        time.sleep(0.3)  # it is at work
        assert runs(child)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        deadline = time.monotonic() + 10
        while runs(child) and time.monotonic() < deadline:
            time.sleep(0.01)
        ended = not runs(child)
        if not ended:
            os.kill(child, signal.SIGKILL)
    assert ended


def test_the_program_is_what_was_asked_for(tmp_path: Path) -> None:
    """In any folder, with its own environment and status."""
    say = "import os, sys; print(os.getcwd(), os.environ['SAID'], *sys.argv[1:]); sys.exit(5)"
    ran = subprocess.run(
        mortal([sys.executable, "-c", say, "a b", "-c"]),
        cwd=tmp_path,
        env={**os.environ, "SAID": "x"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (5, f"{tmp_path} x a b -c\n", "")


def test_one_that_cannot_be_started_says_why(tmp_path: Path) -> None:
    ran = subprocess.run(mortal([str(tmp_path / "none")]), capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (COULD_NOT_START, "No such file or directory\n")
