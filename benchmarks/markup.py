"""Markdown that several parts of the page share."""

from __future__ import annotations

from collections.abc import Sequence

from results import Conditions


def table(head: Sequence[str], rows: Sequence[Sequence[str]], numbers: int) -> str:
    """A Markdown table whose last `numbers` columns are aligned to the right."""
    rule = ["---"] * (len(head) - numbers) + ["---:"] * numbers
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows)) + "\n"


def conditions(c: Conditions) -> str:
    m = c.machine
    units = f" ({', '.join(m.vector_units)})" if m.vector_units else ""
    return (
        f"{c.date}; {m.cores} cores of {m.cpu}{units}, {m.memory_gb:.0f} GB, {m.system}, Python {m.python}; "
        f"load {c.load_before:.1f} at the start, other processes used {c.others_percent:.0f} % of the cores meanwhile."
    )
