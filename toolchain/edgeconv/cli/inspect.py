"""`edgeconv inspect`: what a model file holds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgeconv.cli.output import Json, print_json, stdout


def inspect(
    file: Annotated[Path, typer.Argument(help="An .onnx or .tflite file.", metavar="FILE")], json: Json = False
) -> None:
    """Show what a model file holds: operators, ranks, types, float islands."""
    from edgeconv import inspection

    summary = inspection.inspect_file(file)
    if json:
        print_json(inspection.summary_as_dict(summary))
    else:
        inspection.render_summary(summary, stdout())
