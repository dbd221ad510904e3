"""`edgeconv check`: a .tflite file against the rules of devices."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from edgeconv.cli.output import Json, print_json, stdout
from edgeconv.core.errors import ExitCode


class FailOn(str, Enum):
    """How much a device may leave to others before the check fails."""

    unsupported = "unsupported"
    fallback = "fallback"


def check(
    file: Annotated[Path, typer.Argument(help="A .tflite file.", metavar="FILE")],
    target: Annotated[
        list[str], typer.Option("--target", "-t", help="Device; may be repeated to compare.", metavar="NAME")
    ],
    fail_on: Annotated[
        FailOn,
        typer.Option("--fail-on", help="unsupported: an op does not run at all. fallback: an op is not accelerated."),
    ] = FailOn.unsupported,
    json: Json = False,
) -> None:
    """Judge every operator of a .tflite file for one or more devices, with the reasons."""
    from edgeconv import inspection, targets
    from edgeconv.cli.coverage import coverage_as_dict, failing, print_coverages

    for name in target:  # a wrong name is told before anything is read
        targets.get_target(name)
    summary = inspection.inspect_file(file)
    coverages = [targets.check(summary, name) for name in dict.fromkeys(target)]
    failed = {c.target: failing(c, fallback=fail_on is FailOn.fallback) for c in coverages}
    passed = not any(failed.values())
    if json:
        document = {"file": file.name, "fail_on": fail_on.value, "passed": passed}
        print_json({**document, "targets": [coverage_as_dict(c, failed[c.target]) for c in coverages]})
    else:
        print_coverages(file.name, coverages, failed, stdout())
    if not passed:
        raise typer.Exit(int(ExitCode.GATE))
