"""`edgeconv bench`: how long the files of a bundle take here."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgeconv.cli.options import Quiet
from edgeconv.cli.output import Json, print_json, stdout
from edgeconv.core.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from edgeconv.bench_road import Contender, Timing


def bench(
    bundles: Annotated[list[Path], typer.Argument(help="Folders that 'export' has written.", metavar="BUNDLE...")],
    runtime: Annotated[
        list[str] | None,
        typer.Option("--runtime", help="litert, tflite-runtime or tensorflow; may be repeated.", metavar="NAME"),
    ] = None,
    threads: Annotated[
        list[int] | None, typer.Option("--threads", min=1, help="CPU threads; may be repeated. Without it: 1.")
    ] = None,
    rounds: Annotated[int, typer.Option("--rounds", min=1, help="Turns: A B A B ...")] = 10,
    runs: Annotated[int, typer.Option("--runs", min=1, help="Runs in a turn.")] = 3,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Time what the device runs, of one bundle or of several in turns, in every runtime installed here.

    The times are those of this machine; between bundles only the ratios are worth something elsewhere.
    """
    from edgeconv import bench_road
    from edgeconv.cli.progress import progress

    contenders = _contenders(bundles, tuple(runtime or ()), tuple(dict.fromkeys(threads or (1,))))
    with progress(silent=quiet or json) as told:
        told.stage(f"{len(contenders)} files in turns")
        timings = bench_road.bench(contenders, rounds, runs, told)
    if json:
        print_json({"timings": [_document(t, _reference(timings, t)) for t in timings]})
    else:
        _print(stdout(), timings)
    if any(t.failure for t in timings):
        raise typer.Exit(int(ExitCode.TOOL))


def _contenders(bundles: Sequence[Path], wanted: tuple[str, ...], threads: tuple[int, ...]) -> list[Contender]:
    from edgeconv import bundle
    from edgeconv.bench_road import Contender
    from edgeconv.runner import choose_runtimes
    from edgeconv.steps.state import INT8

    found, broken = [], []
    runtimes = choose_runtimes(wanted)
    for folder in bundles:
        inspected = bundle.inspect_bundle(folder)
        made = inspected.manifest
        if made is None or inspected.findings:
            broken += [f"{folder}: {finding}" for finding in inspected.findings]
            continue
        files = (made.split.backbone, made.split.head) if made.split else (INT8,)
        found += [Contender(str(folder), folder / f, r, n) for f in files for r in runtimes for n in threads]
    if broken:
        raise UsageError("what is not what its manifest says is not timed", reasons=broken)
    return found


def _reference(timings: Sequence[Timing], timing: Timing) -> Timing | None:
    """The same of the first bundle, to be compared with; None for the first bundle itself."""
    at = timing.contender
    same = (t for t in timings if (t.contender.runtime, t.contender.threads) == (at.runtime, at.threads))
    first = next((t for t in same if t.contender.model.name == at.model.name), timing)
    return None if first is timing or first.failure or timing.failure else first


def _document(timing: Timing, reference: Timing | None) -> dict[str, Any]:
    at = timing.contender
    known: dict[str, Any] = {
        "bundle": at.bundle,
        "file": at.model.name,
        "runtime": at.runtime,
        "threads": at.threads,
        "failure": timing.failure,
    }
    if timing.failure:
        return known
    return known | {
        "p50_ms": timing.p50,
        "p90_ms": timing.p90,
        "milliseconds": timing.milliseconds,
        "peak_mib": timing.peak_mib,
        "partitions": timing.partitions,
        "ratio": timing.p50 / reference.p50 if reference else None,
    }


def _print(console: Console, timings: Sequence[Timing]) -> None:
    """A table per file, a row per runtime and number of threads."""
    from rich.table import Table
    from rich.text import Text

    for (folder, file), group in groupby(timings, key=lambda t: (t.contender.bundle, t.contender.model.name)):
        console.print(Text.assemble((file, "bold"), (f"  {folder}", "dim")), soft_wrap=True)
        grid = Table.grid(padding=(0, 2, 0, 0))
        for justify in ("left", "right", "right", "right", "right", "left"):
            grid.add_column(justify=justify)
        for timing in group:
            at, reference = timing.contender, _reference(timings, timing)
            name, threads = f"  {at.runtime}", f"{at.threads} thread{'s' if at.threads > 1 else ''}"
            if timing.failure:
                grid.add_row(Text(name), Text(threads), Text("✗", "red"), "", "", Text(timing.failure, "red"))
                continue
            ratio = f"{timing.p50 / reference.p50:.2f} of the first bundle's" if reference else ""
            times = (f"p50 {timing.p50:.2f} ms", f"p90 {timing.p90:.2f} ms", f"{timing.peak_mib:.0f} MiB")
            grid.add_row(*map(Text, (name, threads, *times, ratio)))
        console.print(grid)
