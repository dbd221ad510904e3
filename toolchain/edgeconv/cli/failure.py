"""A failure as a person or a program reads it, and the exit code it ends in."""

from __future__ import annotations

import os
import re
import traceback
from dataclasses import asdict, dataclass

import typer

from edgeconv.cli.annotations import annotate
from edgeconv.cli.output import print_json, stderr
from edgeconv.core.errors import EdgeconvError, ExitCode, disk_is_full

INTERRUPTED = 130


class Interrupted(BaseException):
    """SIGINT, SIGTERM or SIGHUP came; passes through every `except Exception` on its way out."""


@dataclass(frozen=True)
class Failure:
    message: str
    reasons: tuple[str, ...]
    hint: str | None
    exit_code: int


def tell(error: BaseException, *, as_json: bool) -> int:
    """Print a failure, JSON on stdout or text on stderr; return its exit code. EDGECONV_DEBUG adds a traceback."""
    failure = read(error)
    hint = (f"hint: {failure.hint}",) if failure.hint else ()
    annotate("error", f"edgeconv: {failure.message}", "\n".join((*failure.reasons, *hint)))
    if as_json:
        print_json({"error": asdict(failure)})
    elif isinstance(error, typer.TyperException) and hasattr(error, "show"):
        error.show()
    else:
        _print(failure)
    if os.environ.get("EDGECONV_DEBUG", "") not in ("", "0"):
        traceback.print_exception(error)
    return failure.exit_code


def read(error: BaseException) -> Failure:
    """What kind of failure it is; what nobody foresaw is a bug of ours and says so."""
    if isinstance(error, EdgeconvError):
        reasons = tuple(map(_printable, error.reasons))
        return Failure(_printable(error.message), reasons, error.hint, int(error.exit_code))
    if isinstance(error, Interrupted):
        return Failure("interrupted; nothing was written", (), None, INTERRUPTED)
    if isinstance(error, typer.TyperException):
        words = getattr(error, "format_message", error.__str__)()
        return Failure(words, (), "see 'edgeconv --help'", int(getattr(error, "exit_code", ExitCode.USAGE)))
    if isinstance(error, MemoryError):
        return Failure("out of memory", (), "use a smaller model or fewer clips", int(ExitCode.TOOL))
    if disk_is_full(error):
        return Failure("the disk is full", (), "free some space and run it again", int(ExitCode.TOOL))
    if isinstance(error, OSError) and error.strerror:
        where = f": '{error.filename}'" if error.filename else ""
        return Failure(f"{error.strerror}{where}", (), None, int(ExitCode.TOOL))
    return _bug(error)


def _printable(text: str) -> str:
    """Without colour codes and control characters of foreign tools."""
    plain = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)
    return "".join(c if c == "\n" or c.isprintable() else "�" for c in plain)


def _bug(error: BaseException) -> Failure:
    frames = traceback.extract_tb(error.__traceback__)
    where = f"raised in {os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else ""  # noqa: PTH119
    return Failure(
        f"edgeconv met a case nobody foresaw: {type(error).__name__}: {error}",
        (where,) if where else (),
        "this is a bug; set EDGECONV_DEBUG=1, run it again, and report what it prints with 'edgeconv doctor --json'",
        int(ExitCode.TOOL),
    )


def _print(failure: Failure) -> None:
    from rich.text import Text

    console = stderr()

    def line(*parts: str | tuple[str, str]) -> None:
        console.print(Text.assemble(*parts), soft_wrap=True)

    line(("error: ", "bold red"), failure.message)
    for reason in failure.reasons:
        line("  - ", reason)
    if failure.hint:
        line(("  hint: ", "bold"), failure.hint)
