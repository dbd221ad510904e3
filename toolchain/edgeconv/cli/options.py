"""Options that say which network: those that take one share them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Source = Annotated[
    str,
    typer.Argument(
        help="A model name, package.module:factory, file.py:factory, model.onnx or program.pt2.", metavar="SOURCE"
    ),
]
Weights = Annotated[
    Path | None, typer.Option("--weights", help="Checkpoint. Without it: seeded random weights.", metavar="FILE")
]
Settings = Annotated[
    list[str] | None, typer.Option("--set", help="Argument of the model; may be repeated.", metavar="NAME=VALUE")
]
InputShapes = Annotated[
    list[str] | None,
    typer.Option(
        "--input-shape",
        help="Where the model does not tell: 1,3,16,112,112. Once for each of several inputs.",
        metavar="[NAME=]SIZES",
    ),
]
InputLayouts = Annotated[
    list[str] | None,
    typer.Option("--input-layout", help="Axis order of an input, such as NCTHW or NTHWC.", metavar="[NAME=]AXES"),
]
Seed = Annotated[int, typer.Option("--seed", min=0, max=2**32 - 1, help="Of everything random.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing unless something fails.")]
