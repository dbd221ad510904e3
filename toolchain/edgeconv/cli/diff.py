"""`edgeconv diff`: what changed from one bundle to the next."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgeconv.cli.output import Json, print_json, stdout
from edgeconv.core.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from edgeconv.changes import Change
    from edgeconv.core.report import Report


def diff(
    before: Annotated[Path, typer.Argument(help="The bundle that was shipped.", metavar="BUNDLE_A")],
    after: Annotated[Path, typer.Argument(help="The bundle that is to be.", metavar="BUNDLE_B")],
    growth: Annotated[
        float, typer.Option("--growth", min=0, help="A file or a compiler's figure may grow by this share.")
    ] = 0.02,
    cosine: Annotated[float, typer.Option("--cosine", min=0, help="A cosine may fall by this much.")] = 0.005,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print Markdown, for the summary page of a CI job.")
    ] = False,
    json: Json = False,
) -> None:
    """Compare two bundles: gates, files, operators, quantization, parity, coverage, compilers, versions.

    Exit code 1 where something got worse.
    """
    from edgeconv.changes import Limits, Meaning, compare_reports

    if markdown and json:
        raise UsageError("--markdown and --json exclude one another.")
    changes = compare_reports(_report(before), _report(after), Limits(growth=growth, cosine=cosine))
    worse = sum(c.meaning is Meaning.WORSE for c in changes)
    if json:
        print_json({"regressions": worse, "changes": [asdict(c) for c in changes]})
    elif markdown:
        sys.stdout.write(_page(changes, worse))
    else:
        _print(changes, worse)
    if worse:
        raise typer.Exit(int(ExitCode.GATE))


def _report(bundle: Path) -> Report:
    from pydantic import ValidationError

    from edgeconv.core.report import Report

    path = bundle / "report.json"
    try:
        return Report.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        hint = "name a folder that 'edgeconv export' has written"
        raise UsageError(f"'{path}' cannot be read: {error.strerror}", hint=hint) from error
    except (ValidationError, UnicodeDecodeError) as error:
        reasons = [str(error).splitlines()[0]]
        if isinstance(error, ValidationError):
            reasons = [f"{'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in error.errors()[:5]]
        hint = "both bundles must come from an edgeconv whose reports this one reads; export the older one again"
        raise UsageError(f"'{path}' is no report that this version reads", reasons=reasons, hint=hint) from error


def _verdict(changes: Sequence[Change], worse: int) -> str:
    if not changes:
        return "the two bundles tell the same"
    total = f"{len(changes)} change{'s' if len(changes) > 1 else ''}"
    return f"{worse} of {total} for the worse" if worse else f"{total}, none for the worse"


_MARKS = {"worse": "✗", "better": "✓", "changed": "·"}


def _page(changes: Sequence[Change], worse: int) -> str:
    from edgeconv.report import escape, table

    blocks = [f"## {'✗' if worse else '✓'} {_verdict(changes, worse)}"]
    for area, group in groupby(changes, key=lambda c: c.area):
        rows = [
            (f"{_MARKS[c.meaning.value]} {c.meaning.value}", escape(c.what), escape(c.before), escape(c.after))
            for c in group
        ]
        blocks += [f"### {area.capitalize()}", table(("", "What", "Before", "After"), rows)]
    return "\n\n".join(blocks) + "\n"


def _print(changes: Sequence[Change], worse: int) -> None:
    from rich.table import Table
    from rich.text import Text

    styles = {"worse": "bold red", "better": "green", "changed": "dim"}
    console = stdout()
    mark = ("✗ ", "bold red") if worse else ("✓ ", "bold green")
    console.print(Text.assemble(mark, _verdict(changes, worse)))
    for area, group in groupby(changes, key=lambda c: c.area):
        console.print(Text.assemble("\n", (area.capitalize(), "bold")))
        grid = Table.grid(padding=(0, 2, 0, 0))
        for change in group:
            style = styles[change.meaning.value]
            told = Text.assemble((change.before, "dim"), " → ", (change.after, style))
            grid.add_row(Text(f"  {_MARKS[change.meaning.value]}", style), Text(change.what, overflow="fold"), told)
        console.print(grid)
