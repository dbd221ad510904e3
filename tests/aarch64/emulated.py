"""A Raspberry Pi OS Bookworm's Python with the very wheels that it installs, run by QEMU in user mode.

The tree is made of Debian's own arm64 packages by debootstrap and `dpkg -x`: no chroot, no binfmt, no image.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement

RELEASE, PYTHON = "bookworm", "3.11"
WHEELS = ("numpy", "tflite-runtime")
QEMU = "qemu-aarch64-static"


class Unavailable(Exception):
    """The emulation cannot be set up here; the text says why and what to do."""


class Emulated:
    """Python on aarch64. What it is made of is kept in `cache`, about 400 MB, and is made again if that is deleted."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache.resolve()
        self._qemu = self._tool(QEMU, "qemu-user-static")
        self._root = self._once(f"{RELEASE}-arm64", self._make_root)
        self._site = self._once(f"site-{PYTHON}-aarch64", _make_site)

    def python(self, *arguments: str | Path) -> list[str]:
        """The command that runs Python on aarch64."""
        program = self._root / "usr/bin" / f"python{PYTHON}"
        homes = ("-E", f"PYTHONHOME={self._root / 'usr'}", "-E", f"PYTHONPATH={self._site}")
        return [str(self._qemu), "-L", str(self._root), *homes, str(program), *map(str, arguments)]

    def _tool(self, program: str, package: str) -> Path:
        """A program of the system, or from its Debian package, which is unpacked but not installed."""
        found = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
        return Path(found) if found else next(self._once(package, _unpacked).glob(f"usr/*bin/{program}"))

    def _make_root(self, place: Path) -> None:
        debootstrap = self._tool("debootstrap", "debootstrap")
        share = debootstrap.parents[1] / "share/debootstrap"
        fake: list[str | Path] = [] if os.geteuid() == 0 else [shutil.which("fakeroot") or _missing("fakeroot")]
        command = [*fake, debootstrap, "--arch=arm64", "--foreign", "--variant=minbase", "--include=python3", RELEASE]
        _call([*command, place], DEBOOTSTRAP_DIR=str(share))
        archives = place / "var/cache/apt/archives"
        for archive in sorted(archives.glob("*.deb")):
            _call(["dpkg", "-x", archive, place])
        shutil.rmtree(archives)

    def _once(self, name: str, make: Callable[[Path], None]) -> Path:
        """A folder of the cache; an interrupted start leaves none under its name."""
        made = self._cache / name
        if not made.is_dir():
            self._cache.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=self._cache) as scratch:
                place = Path(scratch, name)
                place.mkdir()
                make(place)
                place.rename(made)
        return made


def _unpacked(place: Path) -> None:
    """Download the Debian package that the folder is named after, and unpack it there."""
    _call(["apt-get", "download", place.name], cwd=place.parent)
    (archive,) = place.parent.glob(f"{place.name}_*.deb")
    _call(["dpkg", "-x", archive, place])


def _make_site(place: Path) -> None:
    """The project's own pins of what a device needs, as wheels for aarch64."""
    wanted = [Requirement(text) for text in requires("edgeconv") or ()]
    here = {"python_version": PYTHON, "sys_platform": "linux", "extra": ""}
    pins = [f"{r.name}{r.specifier}" for r in wanted if r.name in WHEELS and (not r.marker or r.marker.evaluate(here))]
    assert len(pins) == len(WHEELS), pins
    platforms = [f"--platform={name}_aarch64" for name in ("manylinux_2_34", "manylinux2014")]
    asked = ["--no-deps", "--only-binary=:all:", *platforms, f"--python-version={PYTHON}"]
    wheels = place.parent / "wheels"
    _call([sys.executable, "-m", "pip", "download", "--quiet", *asked, "-d", wheels, *pins])
    for wheel in wheels.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(place)


def _call(command: list[str | Path], cwd: Path | None = None, **env: str) -> None:
    words = [str(part) for part in command]
    try:
        done = subprocess.run(words, cwd=cwd, env={**os.environ, **env}, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        _missing(words[0])
    if done.returncode:
        last = "\n".join((done.stdout + done.stderr).splitlines()[-5:])
        raise Unavailable(f"'{' '.join(words)}' failed:\n{last}")


def _missing(program: str) -> str:
    raise Unavailable(f"{program} is missing: apt-get install qemu-user-static debootstrap fakeroot")
