"""A list of named things, each with a text and a line of facts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def print_entries(console: Console, entries: Sequence[tuple[str, str, str]], closing: str = "") -> None:
    """Print (name, text, facts) one below the other, and a closing line."""
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    table.add_column(no_wrap=True)
    table.add_column(ratio=1)
    for name, text, facts in entries:
        table.add_row(Text(name, "bold"), Text(text))
        table.add_row("", Text(facts, "dim"))
    console.print(table)
    if closing:
        console.print()
        console.print(Text(closing, "dim"), soft_wrap=True)
