"""All the looks, one after the other."""

from __future__ import annotations

import tempfile
from pathlib import Path

from edgeconv.cli.health.compilers import check_compilers
from edgeconv.cli.health.finding import Finding
from edgeconv.cli.health.imports import check_codecs, check_imports
from edgeconv.cli.health.machine import check_machine
from edgeconv.cli.health.packages import check_packages, check_python, pins
from edgeconv.cli.health.runtimes import check_runtimes
from edgeconv.core.progress import Progress
from edgeconv.core.versions import package_versions


def examine(progress: Progress) -> list[Finding]:
    progress.stage("packages")
    found = [*check_python(), *check_packages(package_versions(), pins())]
    machine = check_machine()
    if any(f.state == "broken" for f in machine):  # children and models need a temporary folder
        return [*found, *machine]
    progress.stage("imports")
    found += check_imports()
    progress.stage("runtimes")
    with tempfile.TemporaryDirectory() as folder:
        found += check_runtimes(Path(folder))
    progress.stage("compilers")
    found += check_compilers()
    progress.stage("codecs")
    return [*found, *check_codecs(), *machine]
