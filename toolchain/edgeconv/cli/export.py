"""`edgeconv export`: the whole road."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgeconv.cli.options import InputLayouts, InputShapes, Quiet, Seed, Settings, Source, Weights
from edgeconv.cli.output import Json, print_json, stderr, stdout
from edgeconv.core.errors import ExitCode

if TYPE_CHECKING:
    from edgeconv.pipeline import ExportResult


class Fold(str, Enum):
    FRAMES = "frames"
    STRIP = "strip"


def export(
    source: Source,
    target: Annotated[
        str | None, typer.Option("--target", "-t", help="Device; the profile of the same name is used.", metavar="NAME")
    ] = None,
    profile: Annotated[
        str | None, typer.Option("--profile", "-p", help="Export profile, by name or file.", metavar="NAME|FILE.yaml")
    ] = None,
    calibration: Annotated[
        Path | None,
        typer.Option(
            "--calibration",
            help="Folder of videos, or of .npz samples, to calibrate on. Without it: synthetic videos.",
            metavar="DIR",
        ),
    ] = None,
    verification: Annotated[
        Path | None,
        typer.Option("--verification", help="The same to verify with. Without it: some are held out.", metavar="DIR"),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder of the bundle. Without it: ./MODEL-TARGET.", metavar="DIR"),
    ] = None,
    weights: Weights = None,
    settings: Settings = None,
    labels: Annotated[Path | None, typer.Option("--labels", help="One class name per line.", metavar="FILE")] = None,
    input_shape: InputShapes = None,
    input_layout: InputLayouts = None,
    seed: Seed = 0,
    threads: Annotated[
        int | None, typer.Option("--threads", min=1, help="CPU threads. Without it: the profile's.")
    ] = None,
    fold: Annotated[
        Fold | None,
        typer.Option("--fold", help="Clips as a batch of frames, or as strips of batch 1. Without it: the profile's."),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            "--split",
            help="Deliver a backbone on one frame and a head as well; none: only the whole. Without it: the profile's.",
            metavar="backbone,head|none",
        ),
    ] = None,
    int16: Annotated[
        list[str] | None,
        typer.Option(
            "--int16", help="Keep a tensor in 16 bits; may be repeated, * stands for any text.", metavar="TENSOR"
        ),
    ] = None,
    float32: Annotated[list[str] | None, typer.Option("--float32", help="The same in float.", metavar="TENSOR")] = None,
    auto_recipe: Annotated[
        bool, typer.Option("--auto-recipe", help="Search for the fewest such tensors that keep the parity thresholds.")
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Convert a video network into a proven 4D, full-int8 bundle.

    The bundle is written as a whole or not at all. A failed gate (exit code 1) does not keep it back: read its report.
    """
    from edgeconv import pipeline
    from edgeconv.cli.annotations import annotate_report
    from edgeconv.cli.progress import progress
    from edgeconv.cli.request import Wanted, export_request

    request = export_request(
        Wanted(
            source,
            target,
            profile,
            calibration,
            verification,
            out,
            weights,
            tuple(settings or ()),
            labels,
            tuple(input_shape or ()),
            tuple(input_layout or ()),
            seed,
            threads,
            fold.value if fold else None,
            split,
            tuple(int16 or ()),
            tuple(float32 or ()),
            auto_recipe,
        )
    )
    with progress(silent=quiet or json) as told:
        result = pipeline.export(request, told)
    annotate_report(result.report)
    if json:
        _print_json(result)
    elif not quiet:
        _print_report(result)
    elif not result.report.passed:
        _print_failed_gates(result)
    if not result.report.passed:
        raise typer.Exit(int(ExitCode.GATE))


def _print_json(result: ExportResult) -> None:
    from json import loads

    from edgeconv.report import to_json

    document = {"passed": result.report.passed, "bundle": str(result.bundle.absolute())}
    print_json({**document, "report": loads(to_json(result.report))})


def _print_report(result: ExportResult) -> None:
    from edgeconv.report import render_terminal

    console = stdout()
    render_terminal(result.report, console, result.timings)
    console.print()
    for name, path in (("Bundle", result.bundle), ("Report", result.bundle / "report.html")):
        console.print(f"{name}  {path}", markup=False, soft_wrap=True)


def _print_failed_gates(result: ExportResult) -> None:
    console = stderr()
    for gate in result.report.failed_gates:
        detail = f" ({gate.detail})" if gate.detail else ""
        line = f"gate failed: {gate.name}: measured {gate.measured}, required {gate.required}{detail}"
        console.print(line, markup=False, soft_wrap=True)
