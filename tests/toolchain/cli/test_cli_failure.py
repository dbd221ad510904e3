"""How failures are told: kinds, colours, bugs of ours."""

from __future__ import annotations

import json
import os
import pty
import subprocess

import pytest
from cli_tools import EDGECONV, environment

from edgeconv.cli.failure import Interrupted, read, tell
from edgeconv.core.errors import ModelError


def test_a_bug_says_so_and_shows_its_traceback_only_on_request(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> ZeroDivisionError:
        try:
            1 / 0  # noqa: B018
        except ZeroDivisionError as error:
            return error
        raise AssertionError

    monkeypatch.delenv("EDGECONV_DEBUG", raising=False)
    assert tell(fail(), as_json=False) == 4
    text = capsys.readouterr().err
    assert "a case nobody foresaw: ZeroDivisionError: division by zero" in text
    assert "raised in test_cli_failure.py:" in text
    assert "EDGECONV_DEBUG=1" in text
    assert "Traceback" not in text
    monkeypatch.setenv("EDGECONV_DEBUG", "1")
    assert tell(fail(), as_json=False) == 4
    assert "Traceback" in capsys.readouterr().err


def test_kinds_and_codes() -> None:
    assert read(Interrupted()).exit_code == 130
    assert read(MemoryError()).exit_code == 4
    assert read(PermissionError(13, "Permission denied", "/x")).message == "Permission denied: '/x'"
    assert read(ModelError("no")).exit_code == 3


def test_json_has_all_that_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    error = ModelError("it \x1b[31mcannot\x1b[0m be\x07", reasons=["a", "b"], hint="try c")
    assert tell(error, as_json=True) == 3
    found = json.loads(capsys.readouterr().out)["error"]
    assert found == {"message": "it cannot be�", "reasons": ["a", "b"], "hint": "try c", "exit_code": 3}


@pytest.mark.parametrize(("env", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colour_only_on_a_terminal_that_wants_it(env: dict[str, str], coloured: bool) -> None:
    text = on_a_terminal("export", "nobody", "-t", "tflite", **env)
    assert "there is no model 'nobody'" in text
    assert ("\x1b[1;31m" in text) is coloured
    assert ("\x1b[31m" in text) is False


def on_a_terminal(*arguments: str, **env: str) -> str:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*EDGECONV, *arguments], stdout=theirs, stderr=theirs, env=environment(TERM="xterm-256color", **env)
    ) as process:
        os.close(theirs)
        pieces = []
        try:
            while piece := os.read(ours, 4096):
                pieces.append(piece)
        except OSError:  # Linux: the other side is closed
            pass
        process.wait(timeout=30)
    os.close(ours)
    return b"".join(pieces).decode()
