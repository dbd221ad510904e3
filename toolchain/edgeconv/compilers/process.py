"""Run a foreign program: nothing that it does ends the tool."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edgeconv.core.mortal import COULD_NOT_START, mortal

_LONGEST = 64 << 20
"""Bytes of output that are read; a program that says more has lost its way."""


@dataclass(frozen=True)
class Ran:
    output: str
    """stdout and stderr as they came."""
    failure: str
    """'ended with status 1', 'was killed by SIGSEGV', 'did not end within 60 s', ...; empty when all went well."""

    def last_words(self, lines: int = 5) -> str:
        said = [line.strip() for line in self.output.splitlines() if line.strip()]
        return "; ".join(said[-lines:])


def locate(program: str, variable: str) -> Path | None:
    """The program that the variable names, else the one beside this Python, else the one on PATH."""
    if named := os.environ.get(variable):
        found = shutil.which(named)
        return Path(found) if found else None
    beside = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
    found = shutil.which(program, path=beside)
    return Path(found) if found else None


def run(command: Sequence[str], folder: Path, timeout: float) -> Ran:
    """Run a program in a folder, with all that it starts ended after `timeout` seconds; it ends with us, too."""
    with tempfile.TemporaryFile() as log:
        try:
            process = subprocess.Popen(
                mortal(command),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            return Ran("", f"could not be started: {error.strerror or error}")
        try:
            status = process.wait(timeout)
            failure = _in_words(status)
        except subprocess.TimeoutExpired:
            failure = f"did not end within {timeout:g} s"
        finally:
            if process.poll() is None:  # it is late, or we were interrupted
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        log.seek(0)
        return Ran(log.read(_LONGEST).decode(errors="replace"), failure)


def _in_words(status: int) -> str:
    if status == 0:
        return ""
    if status == COULD_NOT_START:
        return "could not be started"
    if status > 0:
        return f"ended with status {status}"
    return f"was killed by {signal.Signals(-status).name}" + (
        ", perhaps for want of memory" if status == -signal.SIGKILL else ""
    )
