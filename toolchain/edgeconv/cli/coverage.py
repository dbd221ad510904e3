"""Coverage by one or several devices: totals side by side, every op with its reasons, the verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from edgeconv.core.report import Coverage, OpVerdict, Verdict
from edgeconv.report import format as fmt
from edgeconv.report import view

if TYPE_CHECKING:
    from rich.console import Console

_STYLES: dict[Verdict, str] = {"accelerated": "green", "cpu": "yellow", "unsupported": "bold red", "unknown": "magenta"}


def failing(coverage: Coverage, *, fallback: bool) -> list[OpVerdict]:
    """The ops that make the check fail: those that do not run, or (`fallback`) all that are not accelerated."""
    return [o for o in coverage.ops if o.verdict == "unsupported" or (fallback and o.verdict != "accelerated")]


def coverage_as_dict(coverage: Coverage, failed: Sequence[OpVerdict]) -> dict[str, Any]:
    totals = {v: {"ops": coverage.count(v), "macs": coverage.macs(v), "bytes": coverage.size(v)} for v in view.VERDICTS}
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
        bad, other = len(failed[coverage.target]), len(coverage.ops) - coverage.count("accelerated")
        if bad:
            verdict, words = Text("✗ FAILED", "bold red"), f": {fmt.plural(bad, 'op')} held back"
        else:
            verdict = Text("✓ PASSED", "bold green")
            words = f": nothing unsupported, {fmt.plural(other, 'op')} not accelerated" if other else ""
        console.print(Text.assemble(verdict, f" {coverage.target}{words}"))


def _print_totals(file: str, coverages: Sequence[Coverage], console: Console) -> None:
    table = Table(
        title=Text(f"{file}, {fmt.plural(len(coverages[0].ops), 'op')}", "bold"), title_justify="left", box=None
    )
    table.add_column()
    for coverage in coverages:
        table.add_column(Text(coverage.target), justify="right")
    parts = [{p.verdict: p for p in view.coverage_view(c).parts} for c in coverages]
    for verdict in view.VERDICTS:
        if any(verdict in part for part in parts):
            cells = [f"{p[verdict].ops} ops {fmt.share(p[verdict].share)}" if verdict in p else "–" for p in parts]
            table.add_row(Text(view.LABELS[verdict], _STYLES[verdict]), *cells)
    if any(c.partitions is not None for c in coverages):
        table.add_row("delegate partitions", *("–" if c.partitions is None else str(c.partitions) for c in coverages))
    console.print(table)


def _print_ops(coverages: Sequence[Coverage], console: Console) -> None:
    """Every op on a line, with its verdict per device where it is not accelerated; reasons as numbered footnotes."""
    notes: dict[str, _Footnote] = {}
    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    table.add_column(justify="right", style="dim")
    table.add_column(no_wrap=True)
    table.add_column(ratio=1)
    for ops in zip(*(c.ops for c in coverages), strict=True):
        table.add_row(str(ops[0].index), Text(ops[0].op), Text(", ".join(ops[0].outputs), "dim"))
        for (verdict, reasons), names in _distinct(coverages, ops).items():
            if verdict == "accelerated":
                continue
            numbers = [_number(notes, reason, ops[0]) for reason in reasons]
            who = f"{', '.join(names)}: " if len(coverages) > 1 else ""
            table.add_row(
                "", "", Text.assemble(who, (view.LABELS[verdict], _STYLES[verdict]), f" {numbers}" if numbers else "")
            )
    console.print()
    console.print(Text("Operators", "bold"), Text("(accelerated unless said otherwise)", "dim"))
    console.print(table)
    _print_footnotes(notes, console)


@dataclass
class _Footnote:
    """A reason that several ops share; the values of the first of them."""

    number: int
    example: str
    ops: set[int] = field(default_factory=set)


def _number(notes: dict[str, _Footnote], reason: str, op: OpVerdict) -> int:
    rule, _, measured = reason.partition(" Here: ")
    example = f"At op {op.index}: {measured}" if measured else ""
    note = notes.setdefault(rule, _Footnote(len(notes) + 1, example))
    note.ops.add(op.index)
    return note.number


def _distinct(
    coverages: Sequence[Coverage], ops: Sequence[OpVerdict]
) -> dict[tuple[Verdict, tuple[str, ...]], list[str]]:
    """Verdict and reasons, with the devices that agree on them."""
    found: dict[tuple[Verdict, tuple[str, ...]], list[str]] = {}
    for coverage, op in zip(coverages, ops, strict=True):
        found.setdefault((op.verdict, op.reasons), []).append(coverage.target)
    return found


def _print_footnotes(notes: Mapping[str, _Footnote], console: Console) -> None:
    if not notes:
        return
    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(ratio=1)
    for rule, note in notes.items():
        table.add_row(Text(f"[{note.number}]"), Text.assemble(rule, (f" ({fmt.plural(len(note.ops), 'op')})", "dim")))
        if note.example:
            table.add_row("", Text(note.example, "dim"))
    console.print()
    console.print(Text("Reasons", "bold"), Text("(--json has the values of every op)", "dim"))
    console.print(table)


def _print_notes(coverage: Coverage, console: Console) -> None:
    console.print()
    console.print(Text.assemble((coverage.target, "bold"), f" ({coverage.judged_by})"))
    console.print(Padding(Text(coverage.summary), (0, 0, 0, 2)))
    for word, style, lines in (("advice", "bold", coverage.advice), ("note", "yellow", coverage.warnings)):
        for line in lines:
            console.print(Padding(Text.assemble((f"{word}: ", style), line), (0, 0, 0, 2)))
