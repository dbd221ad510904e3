"""The wheel, built once from a copy of the checkout, without a network."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHIPPED = ("pyproject.toml", "README.md", "export_profiles", "toolchain", "models")


@dataclass
class Wheel:
    file: Path
    folder: Path
    """Where it is unzipped."""

    @property
    def names(self) -> set[str]:
        return {n for n in zipfile.ZipFile(self.file).namelist() if not n.endswith("/")}

    @property
    def metadata(self) -> Message:
        return Parser().parsestr(self.read("METADATA"))

    def read(self, name: str) -> str:
        (found,) = self.folder.glob(f"*.dist-info/{name}")
        return found.read_text(encoding="utf-8")


def build(source: Path, folder: Path) -> Wheel:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run([*command, "-w", str(folder), str(source)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (file,) = folder.glob("*.whl")
    with zipfile.ZipFile(file) as archive:
        archive.extractall(folder / "unzipped")
    return Wheel(file, folder / "unzipped")


@pytest.fixture(scope="session")
def checkout() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a wheel is made of; a build leaves folders behind, which the checkout must not get."""
    place = tmp_path_factory.mktemp("copy")
    skip = shutil.ignore_patterns("__pycache__", "*.egg-info", "build")
    for name in SHIPPED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, place / name, symlinks=True, ignore=skip)
        else:
            shutil.copy(ROOT / name, place)
    return place


@pytest.fixture(scope="session")
def wheel(copy: Path, tmp_path_factory: pytest.TempPathFactory) -> Wheel:
    return build(copy, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def wheel_by_sdist(copy: Path, tmp_path_factory: pytest.TempPathFactory) -> Wheel:
    """The long way, as a package index has it: a source archive first, then a wheel of that."""
    folder = tmp_path_factory.mktemp("sdist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--sdist", "-o", str(folder), str(copy)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (archive,) = folder.glob("*.tar.gz")
    return build(archive, folder / "wheel")
