"""The Typer application. Commands import what they need when they run, so that `--help` is instant."""

from __future__ import annotations

from typing import Annotated

import typer

from edgeconv.cli import (
    bench,
    check,
    diff,
    doctor,
    evaluate,
    export,
    factorize,
    inspect,
    lower,
    models,
    profiles,
    targets,
    verify,
)

EPILOG = (
    "Exit codes: 0 all gates held, 1 a gate failed, 2 wrong use, 3 the model cannot be converted, "
    "4 a tool or the machine failed."
)

app = typer.Typer(
    name="edgeconv",
    help="Video networks with Conv3d in, proven 4D full-int8 TFLite bundles for edge devices out.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for name, command in (
    ("export", export.export),
    ("lower", lower.lower),
    ("factorize", factorize.factorize),
    ("verify", verify.verify),
    ("inspect", inspect.inspect),
    ("check", check.check),
    ("diff", diff.diff),
    ("bench", bench.bench),
    ("evaluate", evaluate.evaluate),
    ("models", models.models),
    ("targets", targets.targets),
    ("profiles", profiles.profiles),
    ("doctor", doctor.doctor),
):
    app.command(name)(command)


def _version(wanted: bool) -> None:
    if wanted:
        from edgeconv import __version__

        typer.echo(f"edgeconv {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Video networks with Conv3d in, proven 4D full-int8 TFLite bundles for edge devices out."""
