"""`edgeconv factorize`: the checkpoint of a network with 4D blocks in place of its Conv3d."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgeconv.cli.options import InputLayouts, InputShapes, Quiet, Seed, Settings, Source, Weights
from edgeconv.cli.output import Json, print_json, stdout

if TYPE_CHECKING:
    from rich.console import Console

    from edgeconv.sources import FactorizedFile


class Combine(str, Enum):
    """How the two convolutions of a block go together."""

    ADD = "add"
    CONCAT = "concat"
    SEQUENTIAL = "sequential"


class Init(str, Enum):
    """What they start from."""

    SVD = "svd"
    SLICE = "slice"
    RANDOM = "random"


def factorize(
    source: Source,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Checkpoint to write. Without it: ./MODEL_COMBINE.pt.", metavar="FILE.pt"),
    ] = None,
    combine: Annotated[Combine, typer.Option("--combine", help="How the two convolutions go together.")] = Combine.ADD,
    init: Annotated[
        Init, typer.Option("--init", help="svd: the best fit of the kernel; slice: its central plane; random.")
    ] = Init.SVD,
    layers: Annotated[
        list[str] | None,
        typer.Option(
            "--layer", help="Name of a Conv3d, with * and ?; may be repeated. Without it: all.", metavar="NAME"
        ),
    ] = None,
    weights: Weights = None,
    settings: Settings = None,
    input_shape: InputShapes = None,
    input_layout: InputLayouts = None,
    seed: Seed = 0,
    threads: Annotated[int, typer.Option("--threads", min=1, help="CPU threads.")] = 2,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Replace the Conv3d of any network by a spatial and a temporal Conv2d, and write its checkpoint.

    `edgeconv export SOURCE --weights FILE.pt` then exports the factorised network. It is another function: train it on.
    """
    from edgeconv import sources
    from edgeconv.cli.progress import progress
    from edgeconv.cli.request import source_spec

    spec = source_spec(
        source,
        settings=tuple(settings or ()),
        weights=weights,
        input_shapes=tuple(input_shape or ()),
        input_layouts=tuple(input_layout or ()),
        seed=seed,
    )
    path = out or Path(f"{spec.name}_{combine.value}.pt")
    request = sources.FactorizeRequest(
        spec=spec, target=path, combine=combine.value, init=init.value, layers=tuple(layers or ()), threads=threads
    )
    with progress(silent=quiet or json) as told:
        told.stage("factorise")
        made = sources.factorize(request).value
    if json:
        print_json({"file": str(path), **made.model_dump(mode="json")})
    elif not quiet:
        _print(made, path, stdout())


def _print(made: FactorizedFile, path: Path, console: Console) -> None:
    from rich.table import Table
    from rich.text import Text

    from edgeconv.report import format as fmt

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("layer", "kernel", "parameters", "fit error"):
        table.add_column(title, justify="left" if title == "layer" else "right", overflow="fold")
    for layer in made.layers:
        table.add_row(
            Text(layer.name or "(the network)"),
            "×".join(map(str, layer.kernel)),
            f"{fmt.count(layer.parameters[0])} → {fmt.count(layer.parameters[1])}",
            "random" if layer.error is None else f"{layer.error:.3f}",
        )
    console.print(table)
    console.print()
    for line in made.kept:
        console.print(Text(f"kept {line}", "dim"), soft_wrap=True)
    console.print(Text(f"weights     {made.weights}"), soft_wrap=True)
    console.print(f"parameters  {_change(*made.parameters, fmt.count)}")
    console.print(f"compute     {_change(*made.macs, fmt.macs) if all(made.macs) else 'unknown'}")
    console.print(Text(f"written     {path}"), soft_wrap=True)


def _change(before: int, after: int, told: Callable[[int], str]) -> str:
    return f"{told(before)} → {told(after)} ({(after - before) / before:+.0%})"
