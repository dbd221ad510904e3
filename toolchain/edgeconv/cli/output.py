"""Where output goes: results to stdout, progress and failures to stderr, JSON alone on stdout."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout and nothing else.")]


def print_json(document: Any) -> None:
    """One document, strict JSON, and a newline."""
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    sys.stdout.flush()


def stdout() -> Console:
    """For results; colour only on a terminal, and not with NO_COLOR."""
    from rich.console import Console

    return Console(highlight=False)


def stderr() -> Console:
    """For progress and failures."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)
