"""What a long command tells while it runs: a spinner on a terminal, plain lines in a log, or nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from edgeconv.cli.output import stderr

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bar

    from edgeconv.core.progress import Progress


@contextmanager
def progress(*, silent: bool) -> Iterator[Progress]:
    """A Progress for stderr, which leaves nothing behind on a terminal."""
    from edgeconv.core.progress import Silent

    console = stderr()
    if silent:
        yield Silent()
    elif not console.is_terminal:
        yield Lines(console)
    else:
        from rich.progress import Progress as Bar
        from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = (
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description}"),
            TextColumn("[dim]{task.fields[detail]}"),
            TimeElapsedColumn(),
        )
        with Bar(*columns, console=console, transient=True) as bar:
            yield Spinner(bar)


class Lines:
    """One plain line per stage, with the time since the start."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._start = time.monotonic()

    def stage(self, name: str) -> None:
        passed = time.monotonic() - self._start
        self._console.print(f"{passed:6.1f} s  {name}", markup=False, soft_wrap=True)

    def detail(self, text: str) -> None:
        """Not worth a line of its own."""


class Spinner:
    """One line per stage, the running one with a spinner; each with its own time."""

    def __init__(self, bar: Bar) -> None:
        self._bar = bar

    def _finish(self) -> None:
        for task in self._bar.tasks:
            if not task.finished:
                self._bar.update(task.id, completed=1, detail="")

    def stage(self, name: str) -> None:
        self._finish()
        self._bar.add_task(name, total=1, detail="")

    def detail(self, text: str) -> None:
        if self._bar.tasks:
            self._bar.update(self._bar.tasks[-1].id, detail=text)
