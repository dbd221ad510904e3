"""One malformed or unsupported model: what is asked, the exit code, and what must be told."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import onnx
import pytest
from negative_models import samples

from edgeconv.__main__ import main

Arguments = tuple[str, ...]
Models = Callable[[], onnx.ModelProto]
OUT = "made.onnx", "made"
"""Names that nothing may be left under."""


@dataclass(frozen=True)
class Case:
    """`edgeconv ARGUMENTS` in a folder that `build` has filled."""

    name: str
    build: Callable[[Path], Arguments]
    code: int
    says: tuple[str, ...]
    """Pieces of what is told on stderr."""
    reasons: int | None = None
    """How many reasons are listed, where it is known: all, and none twice."""


@dataclass(frozen=True)
class Told:
    code: int
    out: str
    err: str


def cases(*each: Case) -> pytest.MarkDecorator:
    """Run a test over these cases, under their names."""
    return pytest.mark.parametrize("case", [pytest.param(c, id=c.name) for c in each])


def lowering(make: Models, *options: str) -> Callable[[Path], Arguments]:
    """`edgeconv lower` on a model that `make` gives."""

    def build(folder: Path) -> Arguments:
        onnx.save(make(), folder / "net.onnx")
        return ("lower", "net.onnx", "-o", OUT[0], *options)

    return build


def exporting(make: Models, *options: str) -> Callable[[Path], Arguments]:
    """`edgeconv export` to TFLite on a model that `make` gives."""

    def build(folder: Path) -> Arguments:
        made = make()
        onnx.save(made, folder / "net.onnx")
        samples(folder / "samples", made)
        return ("export", "net.onnx", "--target", "tflite", "--calibration", "samples", "-o", OUT[1], *options)

    return build


def text(name: str, content: str, *arguments: str) -> Callable[[Path], Arguments]:
    """A file of text, and a command line."""

    def build(folder: Path) -> Arguments:
        (folder / name).write_text(content, encoding="utf-8")
        return arguments

    return build


def contents(folder: Path) -> Mapping[str, bytes | None]:
    return {
        str(p.relative_to(folder)): p.read_bytes() if p.is_file() and not p.is_symlink() else None
        for p in sorted(folder.rglob("*"))
    }


class Negatives:
    """Runs cases in this process, in a folder of their own."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._patch, self._capsys = folder, monkeypatch, capsys
        monkeypatch.chdir(folder)

    def run(self, *arguments: str) -> Told:
        self._patch.setattr(sys, "argv", ["edgeconv", *arguments])
        self._capsys.readouterr()
        code = main()
        told = self._capsys.readouterr()
        return Told(code, told.out, told.err)

    def check(self, case: Case) -> None:
        """The code, the words, every reason once; no traceback, no bug of ours, nothing left behind."""
        arguments = case.build(self.folder)
        before = contents(self.folder)
        told = self.run(*arguments)
        assert told.code == case.code, told
        assert contents(self.folder) == before, "something was left behind"
        assert told.out == ""
        for words in case.says:
            assert words in told.err, told.err
        assert "Traceback" not in told.err
        assert "nobody foresaw" not in told.err
        errors, reasons = lines(told.err, "error: "), lines(told.err, "  - ")
        assert len(errors) == 1, told.err
        assert len(set(reasons)) == len(reasons), told.err
        if case.reasons is not None:
            assert len(reasons) == case.reasons, told.err

    def check_json(self, case: Case) -> None:
        """The same as JSON: one document on stdout, nothing on stderr."""
        told = self.run(*case.build(self.folder), "--json")
        error = json.loads(told.out)["error"]
        assert (told.err, told.code) == ("", case.code)
        assert error["exit_code"] == case.code
        everything = "\n".join([error["message"], *error["reasons"], error["hint"] or ""])
        for words in case.says:
            assert words.removeprefix("hint: ") in everything


def lines(told: str, start: str) -> list[str]:
    return [line for line in told.splitlines() if line.startswith(start)]
