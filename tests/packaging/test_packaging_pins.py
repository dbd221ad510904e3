"""Versions are pinned in pyproject.toml and nowhere else; what is pinned is what is installed here."""

from __future__ import annotations

import re
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

tomllib = pytest.importorskip("tomllib", reason="in the standard library from Python 3.11 on")
ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DEVELOPMENT = [Requirement(r) for extra in ("dev", "zoo", "ethos-u") for r in PROJECT["optional-dependencies"][extra]]
REQUIRED = [Requirement(r) for r in PROJECT["dependencies"]] + DEVELOPMENT
PIN = re.compile(r"\b([A-Za-z][\w.-]*)(?:\[[\w,]+\])?\s?==\s?(\d[\w.*]*)")
OWN = {r.name.lower() for r in REQUIRED}
PLACES = ("Makefile", ".ci", "README.md", "docs", "benchmarks", "toolchain", "models", "export_profiles")


def pins(text: str) -> list[tuple[str, str]]:
    """Packages of the project that the text gives a version."""
    return [(n.lower(), v) for n, v in PIN.findall(text) if n.lower() in OWN]


def test_the_search_finds_pins() -> None:
    assert pins("pip install torch==2.13.0 'numpy == 1.26.4'") == [("torch", "2.13.0"), ("numpy", "1.26.4")]
    assert pins("if x == 3 and torch.version == '2': onnx2tf==1.0") == []


@pytest.mark.parametrize("place", PLACES)
def test_no_other_file_pins_a_package(place: str) -> None:
    """What a person is to type, here or on the device, may repeat a pin; it must then be the same."""
    found = [ROOT / place] if (ROOT / place).is_file() else [p for p in (ROOT / place).rglob("*") if p.is_file()]
    texts = {p: p.read_text(errors="ignore") for p in found if p.suffix not in (".pyc", ".tflite", ".onnx")}
    pinned = {(p.relative_to(ROOT).as_posix(), *pin) for p, text in texts.items() for pin in pins(text)}
    exact = {(r.name.lower(), s.version) for r in REQUIRED for s in r.specifier if s.operator == "=="}
    typed = {pin for pin in pinned if pin[0].endswith(("README.md", "runner/device.md"))}
    assert {(n, v) for _, n, v in typed} <= exact
    assert pinned - typed == set()


def test_no_second_file_of_requirements() -> None:
    names = ("requirements*.txt", "constraints*.txt", "setup.cfg", "setup.py", "environment*.y*ml", "Pipfile*")
    assert [p.name for n in names for p in ROOT.glob(n)] == []


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the set that CI tests is that of Python 3.11")
def test_what_is_asked_for_is_installed() -> None:
    wrong = []
    for requirement in REQUIRED:
        if requirement.marker is not None and not requirement.marker.evaluate():
            continue
        try:
            found = version(requirement.name)
        except PackageNotFoundError:
            found = "missing"
        if found not in requirement.specifier:
            wrong.append(f"{requirement}: {found}")
    assert wrong == []


def test_a_wheel_can_be_built_from_the_environment() -> None:
    """`pip wheel --no-build-isolation`, which the tests use, needs the build system's own packages."""
    build_system = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]
    missing = {Requirement(r).name for r in build_system["requires"]} - {r.name for r in DEVELOPMENT}
    assert missing == set(), "add them to the extra 'dev'"
