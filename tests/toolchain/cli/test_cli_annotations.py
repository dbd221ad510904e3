"""Workflow commands: only on GitHub, one line each, whatever is in the names."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_tools import edgeconv, write_profile

from edgeconv.cli.annotations import annotate


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("::")]


def test_special_characters(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    annotate("error", "a: b, 100 %", "first::\nsecond, 5 %\r")
    assert capsys.readouterr().err == "::error title=a%3A b%2C 100 %25::first::%0Asecond, 5 %25%0D\n"


def test_silent_elsewhere(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    annotate("error", "a", "b")
    assert capsys.readouterr().err == ""


def test_a_failed_gate_and_the_warnings(tiny: str, tmp_path: Path) -> None:
    profile = write_profile(tmp_path / "strict.yaml", cosine=1)
    ran = edgeconv("export", tiny, "--profile", profile, "--out", tmp_path / "x", "--quiet", GITHUB_ACTIONS="true")
    assert ran.code == 1
    told = lines(ran.err)
    assert any(t.startswith("::error title=parity%3A int8 TFLite (litert) cosine mean::measured ") for t in told)
    assert any(t.startswith("::warning title=") and "synthetic" in t for t in told)
    assert (tmp_path / "x" / "report.junit.xml").read_text().count("<failure ") == sum("::error" in t for t in told)


def test_a_refusal() -> None:
    ran = edgeconv("export", "no-such-model", "--target", "tflite", GITHUB_ACTIONS="true")
    assert ran.code == 2
    (told,) = lines(ran.err)
    assert told.startswith("::error title=edgeconv%3A ")
    assert "no-such-model" in told
