"""`edgeconv lower`: the exact 4D ONNX of a network, and the proof layer by layer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgeconv.cli.options import InputLayouts, InputShapes, Quiet, Seed, Settings, Source, Weights
from edgeconv.cli.output import Json, print_json, stderr, stdout
from edgeconv.core.errors import ExitCode

if TYPE_CHECKING:
    from edgeconv.short_road import LowerResult


def lower(
    source: Source,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="File to write. Without it: ./MODEL_4d.onnx.", metavar="FILE.onnx"),
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Compare original and lowered layer by layer in ONNX Runtime.")
    ] = False,
    weights: Weights = None,
    settings: Settings = None,
    input_shape: InputShapes = None,
    input_layout: InputLayouts = None,
    opset: Annotated[int, typer.Option("--opset", help="ONNX opset of what is written, 18 to 21.")] = 18,
    simplify: Annotated[bool, typer.Option(help="Run onnxsim on the result, and check what it made.")] = True,
    seed: Seed = 0,
    threads: Annotated[int, typer.Option("--threads", min=1, help="CPU threads.")] = 2,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Lower a video network exactly to 4D ONNX: no tensor of more than four axes, no Conv3d.

    The file appears as a whole or not at all. A failed gate (exit code 1) does not keep it back.
    """
    from edgeconv import short_road
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
    request = short_road.LowerRequest(
        spec=spec,
        out=out or Path(f"{spec.name}_4d.onnx"),
        opset=opset,
        simplify=simplify,
        verify=verify,
        threads=threads,
    )
    with progress(silent=quiet or json) as told:
        result = short_road.lower(request, told)
    if json:
        from edgeconv.cli.lowered import as_dict

        print_json(as_dict(result))
    elif not quiet:
        from edgeconv.cli.lowered import print_lowered

        print_lowered(result, stdout())
    else:
        _print_failed_gates(result)
    if not result.passed:
        raise typer.Exit(int(ExitCode.GATE))


def _print_failed_gates(result: LowerResult) -> None:
    from edgeconv.cli.lowered import failed_gates

    for line in failed_gates(result):
        stderr().print(line, markup=False, soft_wrap=True)
