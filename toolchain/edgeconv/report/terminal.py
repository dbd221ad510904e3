"""The terminal summary: verdict, failed gates, warnings, stages, parity, coverage."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from edgeconv.core.report import Report, StageTiming, Status, Verdict
from edgeconv.report import compilation, matrix, recipe, split, view
from edgeconv.report import format as fmt

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

_STATUS_STYLE: dict[Status, str] = {"ok": "green", "warning": "yellow", "failed": "bold red", "skipped": "dim"}
_VERDICT_STYLE: dict[Verdict, str] = {
    "accelerated": "green",
    "cpu": "yellow",
    "unsupported": "bold red",
    "unknown": "magenta",
}
_ASCII = str.maketrans(
    {"✓": "+", "✗": "x", "–": "-", "−": "-", "→": ">", "×": "x", "·": "|", "…": "_", "≠": "!", "≥": ">", "≤": "<"}
)


def render_terminal(report: Report, console: Console, timings: Sequence[StageTiming] = ()) -> None:
    """Print the summary; it says the same without colour and fits 80 columns."""
    _Summary(report, console).print(timings)


class _Summary:
    def __init__(self, report: Report, console: Console) -> None:
        self.report = report
        self.console = console
        self.unicode = console.encoding.lower().startswith("utf")

    def print(self, timings: Sequence[StageTiming]) -> None:
        self._verdict()
        self._failed_gates()
        self._warnings()
        self._stages(timings)
        self._parity()
        self._matrices()
        self._recipe()
        self._split()
        self._coverage()
        self._compilations()
        self._files()

    def text(self, *parts: str | tuple[str, str]) -> Text:
        """Text from plain strings and (string, style) pairs: never markup, no control characters."""
        from rich.text import Text

        return Text.assemble(
            *(self.clean(p) if isinstance(p, str) else (self.clean(p[0]), p[1]) for p in parts), overflow="fold"
        )

    def clean(self, value: str) -> str:
        value = "".join(c if c == "\n" or unicodedata.category(c)[0] != "C" else "�" for c in value)
        return value if self.unicode else value.translate(_ASCII).encode("ascii", "replace").decode()

    def heading(self, title: str, note: str = "") -> None:
        self.console.print()
        self.console.print(self.text((title, "bold"), (f"  {note}" if note else "", "dim")))

    def grid(self, *ratios: int) -> Table:
        """A table without borders; ratio 0 is a column as wide as its content."""
        from rich.table import Table

        table = Table.grid(padding=(0, 2, 0, 0), expand=True)
        for ratio in ratios:
            table.add_column(ratio=ratio or None, overflow="fold", no_wrap=False)
        return table

    def indent(self, table: Table) -> None:
        from rich.padding import Padding

        self.console.print(Padding(table, (0, 0, 0, 2)))

    def _verdict(self) -> None:
        from rich.console import Group
        from rich.panel import Panel

        report = self.report
        style = "green" if report.passed else "red"
        mark = "✓" if report.passed else "✗"
        facts = " · ".join(f"{f.label.lower()} {f.value}" for f in view.key_numbers(report) if not f.of_target)
        body = Group(
            self.text((f"{mark} {view.verdict_word(report)}:", f"bold {style}"), f" {view.verdict_reason(report)}"),
            self.text((f"{report.source.name} → {report.target}", "bold")),
            self.text((facts, "dim")),
        )
        self.console.print(Panel(body, border_style=style, padding=(0, 1)))

    def _failed_gates(self) -> None:
        if self.report.passed:
            return
        self.heading("Failed gates")
        for gate in self.report.failed_gates:
            table = self.grid(0, 1)
            table.add_row(self.text(("✗", "bold red")), self.text((gate.name, "bold")))
            table.add_row("", self.text("measured ", (gate.measured, "red"), ", required ", gate.required))
            if gate.detail:
                table.add_row("", self.text((gate.detail, "dim")))
            self.indent(table)

    def _warnings(self) -> None:
        found = view.notices(self.report)
        if found:
            self.heading("Warnings")
            self._lines((w, "yellow") for w in found)

    def _lines(self, lines: Iterable[tuple[str, str]], mark: str = "!") -> None:
        table = self.grid(0, 1)
        for line, style in lines:
            table.add_row(self.text((mark, f"bold {style}")), self.text((line, style)))
        self.indent(table)

    def _stages(self, timings: Sequence[StageTiming]) -> None:
        self.heading("Stages")
        left = list(timings)
        table = self.grid(0, 0, 1, 0)
        table.columns[3].justify = "right"
        for stage in self.report.stages:
            own = [t for t in left if t.name == stage.name]
            left = [t for t in left if t.name != stage.name]
            style = _STATUS_STYLE[stage.status]
            summary = self.text(stage.summary)
            for note in stage.notes:
                summary.append_text(self.text((f"\n{note}", "dim")))
            table.add_row(self.text((view.MARKS[stage.status], style)), self.text(stage.name), summary, self._cost(own))
        for timing in left:
            table.add_row("", self.text(timing.name), "", self._cost([timing]))
        self.indent(table)

    def _cost(self, timings: Sequence[StageTiming]) -> Text:
        if not timings:
            return self.text("")
        peak = max(t.peak_mib for t in timings)
        return self.text((f"{fmt.seconds(sum(t.seconds for t in timings))}, {peak:.0f} MiB", "dim"))

    def _parity(self) -> None:
        if not self.report.parity:
            return
        self.heading("Parity", "mean and worst over the clips")
        head = ("cosine", "worst", "worst SQNR", "rel. error", "top-1", "worst clip")
        self._numbers([(name, "dim") for name in head])
        for pair in self.report.parity:
            title = self.grid(1)
            title.add_row(self.text(pair.reference, (" → ", "dim"), (pair.candidate, "bold")))
            self.indent(title)
            if pair.failure:
                self._lines([(f"no numbers: {pair.failure}", "red")], mark="✗")
                continue
            mean, worst = pair.mean, pair.worst
            values = (
                fmt.cosine(mean.cosine),
                fmt.cosine(worst.cosine),
                fmt.decibel(worst.sqnr_db),
                fmt.number(worst.relative),
                fmt.share(mean.top1),
                pair.worst_clip,
            )
            self._numbers([(value, "") for value in values])
            for name, m in pair.outputs.items():
                worst_of = ("", fmt.cosine(m.cosine), fmt.decibel(m.sqnr_db), fmt.number(m.relative), fmt.share(m.top1))
                self._numbers([(value, "dim") for value in (*worst_of, f"output {name}")])

    def _numbers(self, values: Sequence[tuple[str, str]]) -> None:
        """One row of the parity table: five numbers in columns of fixed width, then the clip."""
        table = self.grid(0, 0, 0, 0, 0, 1)
        for column, width in zip(table.columns, (9, 9, 10, 10, 7), strict=False):
            column.width, column.justify = width, "right"
        table.add_row(*(self.text(value) for value in values))
        self.indent(table)

    def _matrices(self) -> None:
        for found in self.report.matrices:
            self.heading(f"Parity matrix: {found.file}", f"{len(found.cells)} cells, {fmt.plural(found.clips, 'clip')}")
            for line in matrix.findings(found):
                self._lines([(line.text, "red" if line.failed else "")], mark="✗" if line.failed else "·")

    def _recipe(self) -> None:
        found = self.report.recipe
        if found is None:
            return
        self.heading("Recipe", fmt.plural(len(found.trials), "trial") if found.trials else "")
        said = self.grid(1)
        said.add_row(self.text(recipe.sentence(found)))
        if found.delivered:
            for precision, tensor in found.tensors:
                said.add_row(self.text((f"{precision} ", "dim"), tensor))
        self.indent(said)

    def _split(self) -> None:
        if self.report.split is None:
            return
        self.heading("Split")
        for part in self.report.split.parts:
            file, takes, *sizes = split.row(part)
            table = self.grid(0, 1)
            table.columns[0].width = max(len(p.file) for p in self.report.split.parts)
            table.add_row(self.text((file, "bold")), self.text(f"takes {takes}"))
            told = ", ".join(f"{title.lower()} {value}" for title, value in zip(split.HEAD[2:], sizes, strict=True))
            table.add_row("", self.text((told, "dim")))
            self.indent(table)
        summary = self.grid(1)
        summary.add_row(self.text(split.sentence(self.report.split)))
        self.indent(summary)

    def _coverage(self) -> None:
        for coverage in self.report.coverage:
            totals = view.coverage_view(coverage)
            parted = coverage.partitions
            counted = "" if parted is None else f", {fmt.plural(parted, 'delegate partition')}"
            self.heading(f"Ops on {coverage.title}", coverage.judged_by + counted)
            table = self.grid(0, 0, 0, 1)
            for column in table.columns[1:3]:
                column.justify = "right"
            for part in totals.parts:
                table.add_row(
                    self.text((part.label, _VERDICT_STYLE[part.verdict])),
                    self.text(fmt.plural(part.ops, "op")),
                    self.text(fmt.macs(part.macs)),
                    self.text(f"{fmt.share(part.share)} of {totals.measure}, {fmt.size(part.bytes)}"),
                )
            self.indent(table)
            summary = self.grid(1)
            summary.add_row(self.text(coverage.summary))
            for line in coverage.advice:
                summary.add_row(self.text(("advice: ", "bold"), line))
            self.indent(summary)
            if coverage.warnings:
                self._lines((w, "yellow") for w in coverage.warnings)

    def _compilations(self) -> None:
        for made in self.report.compilations:
            self.heading(f"Compiled for {made.target}: {made.model}", compilation.agreement(made))
            said = self.grid(1)
            said.add_row(self.text(compilation.headline(made)))
            if made.outcome != "compiled":
                said.add_row(self.text(("run ", "bold"), compilation.command_line(made)))
            self.indent(said)
            table = self.grid(0, 0, 1)
            table.columns[1].justify = "right"
            for measure in made.measures:
                table.add_row(self.text(measure.name), self.text(compilation.amount(measure)), "")
            if made.measures:
                self.indent(table)
            self._lines(((line, "yellow") for line in made.disagreements), mark="≠")

    def _files(self) -> None:
        if not self.report.artifacts:
            return
        self.heading("Files")
        table = self.grid(0, 0, 1)
        table.columns[1].justify = "right"
        for artifact in self.report.artifacts:
            table.add_row(
                self.text(artifact.file), self.text(fmt.size(artifact.bytes)), self.text((artifact.role, "dim"))
            )
        self.indent(table)
