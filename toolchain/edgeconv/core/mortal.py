"""A process that ends with its parent: a killed export leaves nothing that goes on computing.

As a program, `python mortal.py PARENT COMMAND...`, it becomes the command, which inherits that.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

_PR_SET_PDEATHSIG = 1
COULD_NOT_START = 126
"""Exit status, as a shell's: the command was not started, and the last line says why."""


def end_with(parent: int) -> None:
    """Have the kernel (Linux) kill this process when the thread that started it ends; at once where it has ended."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None and prctl(_PR_SET_PDEATHSIG, signal.SIGKILL) == 0 and os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def mortal(command: Sequence[str]) -> list[str]:
    """The command line that runs a foreign program so, from any folder (-I -S: Python without any package)."""
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *command]


if __name__ == "__main__":
    end_with(int(sys.argv[1]))
    try:
        os.execv(sys.argv[2], sys.argv[2:])
    except OSError as error:
        print(error.strerror, file=sys.stderr)
        sys.exit(COULD_NOT_START)
