"""Coverage by one or several devices: totals side by side, every op with its reasons, the verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from edgeconv.core.report import Coverage, OpVerdict, Verdict
from edgeconv.report import format as fmt
from edgeconv.report.view import LABELS, VERDICTS, coverage_view

if TYPE_CHECKING:
    from rich.console import Console

_STYLES: dict[Verdict, str] = {"accelerated": "green", "cpu": "yellow", "unsupported": "bold red", "unknown": "magenta"}


def failing(coverage: Coverage, *, fallback: bool) -> list[OpVerdict]:
    """The ops that make the check fail: those that do not run, or (`fallback`) all that are not accelerated."""
    return [o for o in coverage.ops if o.verdict == "unsupported" or (fallback and o.verdict != "accelerated")]


def coverage_as_dict(coverage: Coverage, failed: Sequence[OpVerdict]) -> dict[str, Any]:
    totals = {v: {"ops": coverage.count(v), "macs": coverage.macs(v)} for v in VERDICTS}
    return {"totals": totals, "passed": not failed, "failing": [o.index for o in failed]} | coverage.model_dump(
        mode="json"
    )


def print_coverages(
    file: str, coverages: Sequence[Coverage], failed: Mapping[str, Sequence[OpVerdict]], console: Console
) -> None:
    _print_totals(file, coverages, console)
    _print_ops(coverages, console)
    for coverage in coverages:
        _print_notes(coverage, console)
    console.print()
    for coverage in coverages:
        bad = len(failed[coverage.target])
        verdict = Text("✗ FAILED", "bold red") if bad else Text("✓ PASSED", "bold green")
        console.print(
            Text.assemble(verdict, f" {coverage.target}", f": {fmt.plural(bad, 'op')} held back" if bad else "")
        )


def _print_totals(file: str, coverages: Sequence[Coverage], console: Console) -> None:
    table = Table(
        title=Text(f"{file}, {fmt.plural(len(coverages[0].ops), 'op')}", "bold"), title_justify="left", box=None
    )
    table.add_column()
    for coverage in coverages:
        table.add_column(Text(coverage.target), justify="right")
    views = [{p.verdict: p for p in coverage_view(c).parts} for c in coverages]
    for verdict in VERDICTS:
        if any(verdict in view for view in views):
            cells = [f"{v[verdict].ops} ops {fmt.share(v[verdict].share)}" if verdict in v else "–" for v in views]
            table.add_row(Text(LABELS[verdict], _STYLES[verdict]), *cells)
    if any(c.partitions is not None for c in coverages):
        table.add_row("delegate partitions", *("–" if c.partitions is None else str(c.partitions) for c in coverages))
    console.print(table)


def _print_ops(coverages: Sequence[Coverage], console: Console) -> None:
    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    table.add_column(justify="right", style="dim")
    table.add_column(no_wrap=True)
    table.add_column(ratio=1)
    for ops in zip(*(c.ops for c in coverages), strict=True):
        table.add_row(str(ops[0].index), Text(ops[0].op), Text(", ".join(ops[0].outputs), "dim"))
        for verdict, reasons, names in _distinct(coverages, ops):
            who = f"{', '.join(names)}: " if len(coverages) > 1 else ""
            if verdict != "accelerated":
                table.add_row("", "", Text.assemble(who, (LABELS[verdict], _STYLES[verdict])))
                for reason in reasons:
                    table.add_row("", "", Padding(Text(reason), (0, 0, 0, 2)))
    console.print()
    console.print(Text("Operators", "bold"), Text("(accelerated unless said otherwise)", "dim"))
    console.print(table)


def _distinct(
    coverages: Sequence[Coverage], ops: Sequence[OpVerdict]
) -> list[tuple[Verdict, tuple[str, ...], list[str]]]:
    """Verdict and reasons, with the devices that agree on them."""
    found: dict[tuple[Verdict, tuple[str, ...]], list[str]] = {}
    for coverage, op in zip(coverages, ops, strict=True):
        found.setdefault((op.verdict, op.reasons), []).append(coverage.target)
    return [(verdict, reasons, names) for (verdict, reasons), names in found.items()]


def _print_notes(coverage: Coverage, console: Console) -> None:
    console.print()
    console.print(Text.assemble((coverage.target, "bold"), f" ({coverage.judged_by})"))
    console.print(Padding(Text(coverage.summary), (0, 0, 0, 2)))
    for word, style, lines in (("advice", "bold", coverage.advice), ("note", "yellow", coverage.warnings)):
        for line in lines:
            console.print(Padding(Text.assemble((f"{word}: ", style), line), (0, 0, 0, 2)))
