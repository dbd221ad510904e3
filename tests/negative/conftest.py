"""The command line in this process; its child processes are kept from one case to the next."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from negative_case import Negatives

from edgeconv.core.child import Child

_KEPT: dict[str, Child] = {}
_ENTER, _LEAVE = Child.__enter__, Child.__exit__


def _enter(self: Child) -> Child:
    """Importing torch for every case anew would take minutes: a child of the same label goes on, if it lives."""
    kept = _KEPT.get(self.label)
    if kept is not None and kept._process.poll() is not None:
        _LEAVE(_KEPT.pop(self.label), None)
        kept = None
    if kept is None:
        _KEPT[self.label] = _ENTER(self)
        return self
    kept._log.seek(0)
    kept._log.truncate()
    self.__dict__ |= kept.__dict__
    return self


@pytest.fixture(scope="session", autouse=True)
def _children() -> Iterator[None]:
    yield
    for child in _KEPT.values():
        _LEAVE(child, None)


@pytest.fixture
def negatives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Negatives]:
    monkeypatch.setattr(Child, "__enter__", _enter)
    monkeypatch.setattr(Child, "__exit__", lambda *_: None)
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "EDGECONV_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "400")
    handled = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(s) for s in handled]
    yield Negatives(tmp_path, monkeypatch, capsys)
    for number, handler in zip(handled, before, strict=True):
        signal.signal(number, handler)
