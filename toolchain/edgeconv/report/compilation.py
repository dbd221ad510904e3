"""What a real compiler made of the file: in the words that all renderings share, and as part of report.md."""

from __future__ import annotations

import shlex

from edgeconv.core.report import Compilation, Measure
from edgeconv.report import format as fmt
from edgeconv.report.markup import escape, table


def headline(made: Compilation) -> str:
    """'compiled by ethos-u-vela 5.2.0: 41 ops on the accelerator, 2 on the CPU', or why it was not compiled."""
    if made.outcome == "absent":
        return f"predicted, not compiled: {made.why}"
    if made.outcome == "failed":
        return f"not compiled: {made.why}"
    return (
        f"compiled by {made.compiler} {made.version}: {fmt.plural(made.count(True), 'op')} on the accelerator, "
        f"{made.count(False)} on the CPU"
    )


def agreement(made: Compilation) -> str:
    """One sentence on the prediction; empty where nothing was compiled."""
    if made.outcome != "compiled":
        return ""
    wrong = len(made.disagreements)
    return f"{fmt.plural(wrong, 'op')} predicted otherwise" if wrong else "the prediction agrees op by op"


def amount(measure: Measure) -> str:
    value = measure.value
    number = f"{value:,.0f}" if value >= 1000 or value == int(value) else fmt.number(value)
    return f"{number} {measure.unit}".strip()


def command_line(made: Compilation) -> str:
    return shlex.join(made.command)


def compilation_block(made: Compilation) -> str:
    """Markdown: the verdict, the compiler's numbers, where it differs from the prediction, the command."""
    lines = [
        f"### Compiled for {escape(made.target)}: {escape(made.model)}",
        f"{escape(headline(made))}." + (f" {escape(agreement(made).capitalize())}." if agreement(made) else ""),
    ]
    if made.measures:
        lines.append(table(("", ""), ((escape(m.name), escape(amount(m))) for m in made.measures), "lr"))
    lines += ["\n".join(f"- {escape(line)}" for line in made.disagreements)] if made.disagreements else []
    lines.append(f"    {command_line(made)}")
    return "\n\n".join(lines)
