"""Progress: a spinner on a terminal, one line per stage in a log, nothing when silent."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from edgeconv.cli import progress as module
from edgeconv.cli.progress import progress


def told(console: Console, monkeypatch: pytest.MonkeyPatch, *, silent: bool) -> str:
    monkeypatch.setattr(module, "stderr", lambda: console)
    with progress(silent=silent) as report:
        report.stage("lower")
        report.detail("[bold]a detail")
        report.stage("verify")
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    text = told(Console(file=io.StringIO()), monkeypatch, silent=False)
    assert [line.split(" s  ")[1] for line in text.splitlines()] == ["lower", "verify"]


def test_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(Console(file=io.StringIO(), force_terminal=True), monkeypatch, silent=True) == ""


def test_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    text = told(Console(file=io.StringIO(), force_terminal=True, width=80), monkeypatch, silent=False)
    assert "lower" in text
    assert "✓" in text
    assert text.endswith("\x1b[2K") or "\x1b[1A\x1b[2K" in text  # it cleans up behind itself
