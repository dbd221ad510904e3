"""`edgeconv doctor`: what is installed, what clashes, how to mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from edgeconv.cli.output import Json, print_json, stdout
from edgeconv.core.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgeconv.cli.health import Finding

_MARKS = {"ok": ("✓", "green"), "note": ("!", "yellow"), "broken": ("✗", "bold red")}


def doctor(json: Json = False) -> None:
    """Examine the installation: versions, clashes, runtimes that really run, codecs, disk; tells how to mend it."""
    from dataclasses import asdict

    from edgeconv.cli.health import examine, healthy
    from edgeconv.cli.progress import progress

    with progress(silent=json) as told:
        findings = examine(told)
    well = healthy(findings)
    if json:
        print_json({"healthy": well, "findings": [asdict(f) for f in findings]})
    else:
        _print(findings, well)
    if not well:
        raise typer.Exit(int(ExitCode.TOOL))


def _print(findings: Sequence[Finding], well: bool) -> None:
    from rich.table import Table
    from rich.text import Text

    console = stdout()
    for topic in dict.fromkeys(f.topic for f in findings):
        console.print(Text(topic, "bold"))
        table = Table.grid(padding=(0, 2, 0, 0), expand=True)
        table.add_column(width=3, justify="right")
        table.add_column(no_wrap=True)
        table.add_column(ratio=1)
        for finding in (f for f in findings if f.topic == topic):
            table.add_row(Text(*_MARKS[finding.state]), Text(finding.name), Text(finding.found))
            if finding.mend:
                table.add_row("", "", Text.assemble(("mend: ", "bold"), finding.mend))
        console.print(table)
    broken, notes = (sum(f.state == state for f in findings) for state in ("broken", "note"))
    console.print()
    if well:
        extra = f", {notes} thing{'s' if notes > 1 else ''} worth knowing" if notes else ""
        console.print(Text.assemble(("✓ healthy", "bold green"), f": exports can run here{extra}"))
    else:
        console.print(Text.assemble(("✗ broken", "bold red"), f": {broken} to mend before exports can run"))
