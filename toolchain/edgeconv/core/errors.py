"""Errors for people, and the exit codes they end in.

Every failure the tool can name is an :class:`EdgeconvError`: it says what went wrong, lists every reason it
knows, and tells the user what to do. The command line prints it and exits with its code; a library caller
catches it. Anything else that escapes is a bug of ours.
"""

from __future__ import annotations

import difflib
import errno
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of the command line (documented in README.md)."""

    OK = 0
    """All gates held."""
    GATE = 1
    """A gate failed: parity, coverage or structure."""
    USAGE = 2
    """Wrong use: bad option, missing file, bad profile, unusable clips."""
    MODEL = 3
    """The model cannot be lowered or converted; the reasons are listed."""
    TOOL = 4
    """A tool or runtime we depend on failed, or the machine ran out of something."""


class EdgeconvError(Exception):
    """Base of all named failures.

    Args:
        message: one sentence, what went wrong and where.
        reasons: all the reasons, one line each.
        hint: what the user can do about it.
    """

    exit_code: ExitCode = ExitCode.TOOL

    def __init__(self, message: str, *, reasons: Iterable[str] = (), hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.reasons = tuple(reasons)
        self.hint = hint

    def __str__(self) -> str:
        lines = [self.message, *(f"  - {reason}" for reason in self.reasons)]
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(lines)


class UsageError(EdgeconvError):
    """The user asked for something that does not exist or cannot be read."""

    exit_code = ExitCode.USAGE


class ModelError(EdgeconvError):
    """The model cannot be lowered or converted."""

    exit_code = ExitCode.MODEL


class GateError(EdgeconvError):
    """A gate on an artifact did not hold."""

    exit_code = ExitCode.GATE


class ToolError(EdgeconvError):
    """A tool, a runtime or the machine failed us."""

    exit_code = ExitCode.TOOL


class DiskFull(ToolError):
    """There is no room left where something had to be written."""


@dataclass(frozen=True)
class Refusal:
    """One reason why a model cannot be lowered: refusal is a value, never a silent fallback."""

    op: str
    """ONNX operator type."""
    tensor: str
    """Name of the op's first output."""
    reason: str
    remedy: str
    shapes: tuple[tuple[int, ...], ...] = ()
    """Shapes of the op's inputs."""

    def __str__(self) -> str:
        shapes = " × ".join(str(list(s)) for s in self.shapes)
        return f"{self.op} '{self.tensor}'" + (f" on {shapes}" if shapes else "") + f": {self.reason} ({self.remedy})"


class Refused(Exception):
    """Raised by a rule or an emitter; the engine turns it into a :class:`Refusal` value and collects the rest."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason, self.remedy = reason, remedy


def disk_is_full(error: BaseException | None) -> bool:
    """Whether an exception, or one that caused it, says so; numpy says it in words only."""
    while error is not None and not isinstance(error, DiskFull):
        if isinstance(error, OSError) and (
            error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
            or re.search(r"Not enough free space|[0-9]+ requested and [0-9]+ written", str(error))
        ):
            return True
        error = error.__cause__
    return error is not None


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """Return a hint naming the nearest known names, or the whole list when none is near."""
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    if near:
        return f"did you mean {' or '.join(repr(n) for n in near)}?"
    return f"known names: {', '.join(sorted(known))}"
