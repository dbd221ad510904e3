"""Measure, and write results.json and docs/benchmarks.md: `python benchmarks/run.py all`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import accuracy
import contenders
import conv3d_speed
import export_cost
import latency
import lowering_cost
import render as rendering
import results
import strip_speed
import strip_vela
import typer
from conditions import Watch
from goals import RATIOS
from strip_networks import SUBJECTS

HERE = Path(__file__).resolve().parent
app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)

Out = Annotated[Path, typer.Option(help="Results file; a section that is measured again replaces the old one.")]
Cache = Annotated[Path, typer.Option(help="Folder for bundles, clips and the peers' files.")]
Zoo = Annotated[Path, typer.Option(help="Folder that `make zoo` keeps its exports in.")]
Videos = Annotated[
    Path | None,
    typer.Option("--calibration", help="Measure the agreement also on the videos of this folder."),
]
Peer = Annotated[
    Path | None,
    typer.Option("--onnx2tf-python", help="Python of an environment with onnx2tf; without it that row is skipped."),
]
Some = Annotated[list[str] | None, typer.Argument(help="Some of the networks; without: all.")]
Vela4 = Annotated[
    Path | None,
    typer.Option("--vela4", help="The program `vela` of an environment with version 4; without it that is skipped."),
]
Rounds = Annotated[int, typer.Option(min=2, help="Turns of every contender.")]
Patience = Annotated[float, typer.Option(min=0, help="Seconds to spend on waiting for a calm machine.")]
PLAN = latency.Plan()
OUT, CACHE = HERE / "results.json", HERE.parent / "out" / "benchmarks"
ZOO = HERE.parent / "out" / "zoo"
DOCUMENT = HERE.parent / "docs" / "benchmarks.md"


@app.command()
def export(out: Out = OUT, cache: Cache = CACHE, patience: Patience = PLAN.patience) -> None:
    """Wall time and memory of default exports; their reports give the accuracy on synthetic clips."""
    found = results.load(out)
    exports = export_cost.measure(cache.absolute() / "bundles", patience=patience)
    synthetic = accuracy.collect(cache.absolute() / "bundles", exports.conditions)
    update = {"exports": exports, "accuracy": {**found.accuracy, "synthetic": synthetic}}
    results.save(found.model_copy(update=update), out)


@app.command()
def videos(folder: Annotated[Path, typer.Argument(exists=True)], out: Out = OUT, cache: Cache = CACHE) -> None:
    """Accuracy of exports that are calibrated and verified on real videos."""
    bundles = cache.absolute() / "bundles-videos"
    exports = export_cost.measure(bundles, folder.absolute())
    found = results.load(out)
    update = {"accuracy": {**found.accuracy, "video": accuracy.collect(bundles, exports.conditions)}}
    results.save(found.model_copy(update=update), out)


@app.command()
def speed(
    out: Out = OUT,
    cache: Cache = CACHE,
    onnx2tf_python: Peer = None,
    rounds: Rounds = PLAN.rounds,
    patience: Patience = PLAN.patience,
) -> None:
    """Latency of the exported bundles and of the peers' files, in turns."""
    python = onnx2tf_python.absolute() if onnx2tf_python else None
    cache = cache.absolute()
    field = contenders.gather(cache, cache / "bundles", python)
    for what, why in field.skipped.items():
        typer.echo(f"skipped {what}: {why}")
    measured = latency.measure(field.entries, RATIOS, field.skipped, field.clips, latency.Plan(rounds, patience))
    found = results.load(out)
    results.save(found.model_copy(update={"latency": measured, "peers": field.costs}), out)


@app.command()
def lowering(out: Out = OUT, zoo: Zoo = ZOO) -> None:
    """Seconds and memory of lowering alone, for every network of the zoo."""
    measured = lowering_cost.measure(zoo.absolute())
    results.save(results.load(out).model_copy(update={"lowerings": measured}), out)


@app.command()
def conv3d(out: Out = OUT, zoo: Zoo = ZOO) -> None:
    """The zoo's CNNs in int8 against the float CONV_3D files of TensorFlow's converter, in turns."""
    measured = conv3d_speed.measure(zoo.absolute())
    results.save(results.load(out).model_copy(update={"conv3d": measured}), out)


@app.command()
def strip(
    names: Some = None,
    out: Out = OUT,
    cache: Cache = CACHE,
    vela4: Vela4 = None,
) -> None:
    """Six networks at full size as frames and as strips: int8 answers compared, and both compiled by Vela."""
    for name in names or SUBJECTS:
        measured = strip_vela.measure(name, cache.absolute(), strip_vela.runs(vela4 and vela4.absolute()))
        found = results.load(out)
        results.save(found.model_copy(update={"strips": {**found.strips, name: measured}}), out)


@app.command(name="strip-speed")
def strip_speeds(names: Some = None, out: Out = OUT, cache: Cache = CACHE) -> None:
    """Latency of strips and frames in LiteRT, in turns; seconds of `edgeconv check`."""
    for name in names or SUBJECTS:
        watch, measured = Watch(), strip_speed.measure(name, cache.absolute())
        typer.echo(f"{name}: {measured}")
        found = results.load(out)
        before = found.strip_speeds.networks if found.strip_speeds else {}
        speeds = results.StripSpeeds(
            conditions=watch.conclude(),
            threads=latency.THREADS,
            rounds=strip_speed.PLAN.rounds,
            networks={**before, name: measured},
            check=strip_speed.check(cache.absolute()),
        )
        results.save(found.model_copy(update={"strip_speeds": speeds}), out)


@app.command()
def render(out: Out = OUT, document: Annotated[Path, typer.Option()] = DOCUMENT, check: bool = False) -> None:
    """Write docs/benchmarks.md from the results; --check only says whether it is up to date."""
    text = rendering.document(results.load(out))
    if check:
        if not document.is_file() or document.read_text(encoding="utf-8") != text:
            typer.echo(f"{document.name} does not show {out.name}: run `python benchmarks/run.py render`", err=True)
            raise typer.Exit(1)
        return
    document.parent.mkdir(parents=True, exist_ok=True)
    document.write_text(text, encoding="utf-8")


@app.command(name="all")
def everything(
    out: Out = OUT,
    cache: Cache = CACHE,
    calibration: Videos = None,
    onnx2tf_python: Peer = None,
    vela4: Vela4 = None,
    rounds: Rounds = PLAN.rounds,
    patience: Patience = PLAN.patience,
) -> None:
    """Everything, and the document."""
    export(out, cache, patience)
    if calibration is not None:
        videos(calibration, out, cache)
    speed(out, cache, onnx2tf_python, rounds, patience)
    lowering(out)
    conv3d(out)
    strip(None, out, cache, vela4)
    strip_speeds(None, out, cache)
    render(out, DOCUMENT, check=False)
    typer.echo(f"wrote {out} and {DOCUMENT}")


if __name__ == "__main__":
    app()
