"""Which profile, and which fold: by the version of the compiler that the target names, else of the installed one."""

from __future__ import annotations

from pathlib import Path

import pytest
from compilers_cases import program

from edgeconv.core.errors import UsageError
from edgeconv.steps.profile import choose_profile


@pytest.mark.parametrize(
    ("target", "installed", "fold"),
    [
        ("ethos-u55-256@4.5", "5.2.0", "strip"),
        ("ethos-u55-256@5.2", "4.5.0", "frames"),
        ("ethos-u65-512", "4.5.0", "strip"),
        ("ethos-u65-512", "5.2.0", "frames"),
        ("ethos-u55-64", "40.1", "frames"),
        ("ethos-u55-64", None, "frames"),
        ("ethos-u85-256@4.5", "4.5.0", "frames"),
        ("ethos-u85-128", "4.5.0", "frames"),
        ("coral", None, "strip"),
        ("tflite", None, "frames"),
    ],
)
def test_the_fold_that_measured_best(
    target: str, installed: str | None, fold: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "vela"
    if installed:
        program(fake, "sys.exit(1)\n", says=installed)
    monkeypatch.setenv("EDGECONV_VELA", str(fake))
    chosen = choose_profile(target, None)
    assert (chosen.target, chosen.fold) == (target, fold)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("ethos-u55-256@3", "no rules for version '3'"),
        ("coral@16", "no rules for version '16'"),
        ("ethos-u55", "no target 'ethos-u55'"),
        ("@4.5", "no target ''"),
    ],
)
def test_a_version_without_rules_is_refused(target: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        choose_profile(target, None)


def test_a_profile_for_another_device_is_refused() -> None:
    with pytest.raises(UsageError, match="is for the target 'coral'"):
        choose_profile("ethos-u55-256@4.5", "coral")


def test_settings_that_the_compiler_lacks_are_refused_before_anything_starts(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("{name: m, description: d, target: coral, onnx: {}, tflite: {}, compiler: {optimise: Size}}")
    with pytest.raises(UsageError, match="edgetpu_compiler"):
        choose_profile(None, str(path))
