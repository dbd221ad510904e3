"""Installed packages against what edgeconv's own metadata pins."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import metadata, requires

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from edgeconv.cli.health.finding import Finding, State
from edgeconv.core.versions import PACKAGES

OPTIONAL = ("tensorflow",)
"""Judges that exports can do without."""


def pins() -> dict[str, str]:
    """Package -> version specifier, for this Python and platform; those of the extra 'tensorflow' included."""
    wanted: dict[str, str] = {}
    for text in requires("edgeconv") or ():
        requirement = Requirement(text)
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", "tensorflow")):
            wanted[requirement.name] = str(requirement.specifier)
    return wanted


def check_python() -> list[Finding]:
    version, wanted = platform.python_version(), metadata("edgeconv")["Requires-Python"] or ""
    fits = SpecifierSet(wanted).contains(version, prereleases=True)
    state: State = "ok" if fits else "broken"
    mend = "" if fits else f"make an environment with Python {wanted}; 3.11 has every judging runtime"
    return [
        Finding("Python", "version", state, f"{version} (wanted {wanted})", mend),
        Finding("Python", "platform", "ok", f"{platform.system()} {platform.release()} {platform.machine()}"),
    ]


def check_packages(installed: Mapping[str, str], wanted: Mapping[str, str]) -> list[Finding]:
    """One finding per package of :data:`PACKAGES`, then what clashes."""
    found = [_check_package(name, installed.get(name), wanted.get(name)) for name in PACKAGES]
    return [*found, *_clash(installed, wanted)]


def _check_package(name: str, version: str | None, wanted: str | None) -> Finding:
    install = f"pip install '{name}{wanted or ''}'"
    if version is None:
        if name in OPTIONAL:
            return Finding("Packages", name, "ok", "not installed (optional)")
        if wanted is None:
            return Finding("Packages", name, "note", "not installed; not to be had for this Python or platform")
        return Finding("Packages", name, "broken", f"not installed (wanted {wanted})", install)
    if wanted and not SpecifierSet(wanted).contains(Version(version).public, prereleases=True):
        return Finding("Packages", name, "note", f"{version}, tested with {wanted}", install)
    return Finding("Packages", name, "ok", f"{version}" + (f" (wanted {wanted})" if wanted else ""))


def _clash(installed: Mapping[str, str], wanted: Mapping[str, str]) -> list[Finding]:
    numpy = installed.get("numpy")
    if numpy is None or "tflite-runtime" not in installed or Version(numpy).major < 2:
        return []
    pin = next((p for p in [wanted.get("numpy", "")] if p.startswith("==1.")), "<2")
    return [
        Finding(
            "Packages",
            "numpy and tflite-runtime",
            "broken",
            f"tflite-runtime {installed['tflite-runtime']} is built for numpy 1 and does not load with numpy {numpy}",
            f"pip install 'numpy{pin}', or pip uninstall tflite-runtime (LiteRT then judges alone)",
        )
    ]
