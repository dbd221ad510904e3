"""`edgeconv check`: a .tflite file against the rules of devices."""

from __future__ import annotations

import sys
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from edgeconv.cli.output import Json, print_json, stdout
from edgeconv.core.errors import ExitCode, UsageError


class FailOn(str, Enum):
    """How much a device may leave to others before the check fails."""

    unsupported = "unsupported"
    fallback = "fallback"


def check(
    file: Annotated[Path, typer.Argument(help="A .tflite or .onnx file.", metavar="FILE")],
    target: Annotated[
        list[str], typer.Option("--target", "-t", help="Device; may be repeated to compare.", metavar="NAME")
    ],
    fail_on: Annotated[
        FailOn,
        typer.Option("--fail-on", help="unsupported: an op does not run at all. fallback: an op is not accelerated."),
    ] = FailOn.unsupported,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print Markdown, for the summary page of a CI job.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Also write the Markdown into this file.", metavar="FILE.md")
    ] = None,
    json: Json = False,
) -> None:
    """Judge every operator of a .tflite (or, for onnxruntime, .onnx) file for one or more devices, with the reasons."""
    from edgeconv import inspection, targets
    from edgeconv.cli.coverage import coverage_as_dict, failing, print_coverages
    from edgeconv.report import render_check

    if markdown and json:
        raise UsageError("--markdown and --json exclude one another.", hint="use -o FILE.md beside --json")
    for name in target:  # a wrong name is told before anything is read
        targets.get_target(name)
    summary = inspection.inspect_file(file)
    coverages = [targets.check(summary, name) for name in dict.fromkeys(target)]
    failed = {c.target: failing(c, fallback=fail_on is FailOn.fallback) for c in coverages}
    passed = not any(failed.values())
    page = render_check(file.name, coverages, failed)
    if out is not None:
        _write(out, page)
    if markdown:
        sys.stdout.write(page)
    elif json:
        document = {"file": file.name, "fail_on": fail_on.value, "passed": passed}
        print_json({**document, "targets": [coverage_as_dict(c, failed[c.target]) for c in coverages]})
    else:
        print_coverages(file.name, coverages, failed, stdout())
    if not passed:
        raise typer.Exit(int(ExitCode.GATE))


def _write(path: Path, page: str) -> None:
    try:
        path.write_text(page, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(
            f"'{path}' cannot be written: {error.strerror}.", hint="name a file in an existing folder"
        ) from error
