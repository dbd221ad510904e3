"""`edgeconv doctor`: this installation is healthy; the ones that are not are found out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_tools import edgeconv

from edgeconv import runtimes
from edgeconv.cli import health
from edgeconv.cli.app import app
from edgeconv.cli.health import compilers, machine, packages
from edgeconv.cli.health import runtimes as probes
from edgeconv.cli.health.finding import Finding
from edgeconv.core.child import ChildDied
from edgeconv.core.versions import package_versions


def test_this_installation_is_healthy() -> None:
    ran = edgeconv("doctor", "--json")
    document = json.loads(ran.out)
    assert ran.code == 0, ran
    assert ran.err == ""
    assert document["healthy"] is True
    found = {(f["topic"], f["name"]): f for f in document["findings"]}
    assert found["Runtimes", "litert"]["found"].endswith("runs an int8 model")
    assert found["Imports", "torch"]["found"].startswith("loads; built for")
    assert "h264" in found["Video", "decoders"]["found"]


def states(findings: list[Finding]) -> dict[str, str]:
    return {f.name: f.state for f in findings if f.state != "ok"}


def test_numpy_2_beside_tflite_runtime_is_the_classic_clash() -> None:
    installed = {**package_versions(), "numpy": "2.3.1", "tflite-runtime": "2.14.0"}
    found = packages.check_packages(installed, {**packages.pins(), "numpy": "==1.26.4"})
    assert states(found)["numpy and tflite-runtime"] == "broken"
    assert "pip install 'numpy==1.26.4'" in found[-1].mend
    del installed["tflite-runtime"]
    assert "numpy and tflite-runtime" not in states(packages.check_packages(installed, packages.pins()))


def test_missing_and_other_versions() -> None:
    wanted = {"torch": "==2.13.0", "onnx": "==1.23.2", "tensorflow": "==2.21.0"}
    found = packages.check_packages({"torch": "2.13.0+cpu", "onnx": "1.0"}, wanted)
    by_name = {f.name: f for f in found}
    assert by_name["torch"].state == "ok"
    assert by_name["onnx"].state == "note"
    assert by_name["onnx"].mend == "pip install 'onnx==1.23.2'"
    assert by_name["tensorflow"].state == "ok"
    assert states(packages.check_packages({}, {"torch": "==2.13.0"}))["torch"] == "broken"


def test_pins_come_from_the_metadata() -> None:
    assert packages.pins()["onnxsim"] == "==0.8.1"
    assert "pytest" not in packages.pins()


def test_a_runtime_that_crashes_is_broken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def crash(*_: object, **__: object) -> None:
        raise ChildDied("litert was killed by SIGSEGV", reasons=["last words"])

    monkeypatch.setattr(runtimes, "run_model", crash)
    found = probes.check_runtimes(tmp_path)
    assert states(found)["litert"] == "broken"
    assert "was killed by SIGSEGV; last words" in found[0].found
    monkeypatch.setattr(runtimes, "available", lambda name: name != "litert")
    assert states(probes.check_runtimes(tmp_path))["litert"] == "broken"


def test_compilers_are_optional_and_told_with_how_to_get_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("EDGECONV_VELA", "EDGECONV_EDGETPU_COMPILER"):
        monkeypatch.setenv(variable, str(tmp_path / "none"))
    vela, edgetpu = compilers.check_compilers()
    assert (vela.state, edgetpu.state) == ("ok", "ok")
    assert "not installed (optional)" in vela.found
    assert "ethos-u55-*, ethos-u65-*, ethos-u85-*" in vela.found
    assert vela.mend == "pip install 'edgeconv[ethos-u]'"
    assert "coral" in edgetpu.found
    assert "x86-64" in edgetpu.mend


@pytest.mark.parametrize(
    ("says", "state", "words"), [("4.5.0", "ok", "4.5.0"), ("6.0", "note", "for 5.2 and 4.5"), ("", "note", "version")]
)
def test_a_compiler_of_another_version_is_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, state: str, words: str
) -> None:
    fake = tmp_path / "vela"
    fake.write_text(f"#!/bin/sh\necho {says}\n")
    fake.chmod(0o755)
    monkeypatch.setenv("EDGECONV_VELA", str(fake))
    found = compilers.check_compilers()[0]
    assert found.state == state
    assert words in found.found


def test_a_temporary_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    found = machine._check_folder("temporary folder", tmp_path / "none", "broken", "set TMPDIR")
    assert found.state == "broken"
    assert found.mend == "set TMPDIR"


def test_broken_ends_with_4_and_tells_how_to_mend(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = Finding("Packages", "numpy", "broken", "2.3", "pip install 'numpy<2'")
    monkeypatch.setattr(health, "examine", lambda _: [Finding("Python", "version", "ok", "3.11"), bad])
    assert app(["doctor"], standalone_mode=False) == 4
    text = capsys.readouterr().out
    assert "mend: pip install 'numpy<2'" in text
    assert "✗ broken: 1 to mend before exports can run" in text
