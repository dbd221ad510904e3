"""`edgeconv evaluate`: how often the stages of a network are right on labelled videos."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgeconv.cli.options import Quiet
from edgeconv.cli.output import Json, print_json, stdout

if TYPE_CHECKING:
    from rich.console import Console

    from edgeconv.evaluate_road import Evaluation, Judged
    from edgeconv.evaluation import Interval


class StageName(str, Enum):
    """What a bundle holds of a network; a checkpoint is PyTorch alone."""

    ONNX = "onnx"
    FP32 = "fp32"
    INT8 = "int8"
    DEVICE = "device"


def evaluate(
    places: Annotated[
        list[Path],
        typer.Argument(
            help="Folders that 'export' has written, or checkpoints of edgeconv-train.", metavar="BUNDLE..."
        ),
    ],
    data: Annotated[Path, typer.Option("--data", help="Folder of classes, each with videos.", metavar="DIR")],
    split: Annotated[
        Path | None, typer.Option("--split", help="List of the videos to judge on (.txt or .csv).", metavar="FILE")
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option("--labels", help="Class names of the network. Without it: the bundle's own.", metavar="FILE"),
    ] = None,
    stage: Annotated[
        list[StageName] | None, typer.Option("--stage", help="May be repeated. Without it: fp32 and int8.")
    ] = None,
    runtime: Annotated[str, typer.Option("--runtime", help="litert or tflite-runtime.")] = "litert",
    threads: Annotated[int, typer.Option("--threads", min=1, help="CPU threads of a stage.")] = 1,
    jobs: Annotated[int, typer.Option("--jobs", min=1, help="Stages that run at a time.")] = 2,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Judge a network on labelled videos: accuracy with its interval, every class, and agreement between stages.

    A bundle is fed as its run.py feeds it: the middle frame of each segment, the centre of the picture.
    """
    from edgeconv import evaluate_road
    from edgeconv.cli.progress import progress
    from edgeconv.runner import choose_runtimes

    choose_runtimes((runtime,))
    wanted = [s.value for s in stage or (StageName.FP32, StageName.INT8)]
    stages = [found for place in places for found in evaluate_road.stages_of(place, wanted, runtime)]
    videos = evaluate_road.read_videos(data, split, labels or evaluate_road.labels_of(places[0]))
    with progress(silent=quiet or json) as told:
        found = evaluate_road.evaluate(stages, videos, threads=threads, jobs=jobs, progress=told)
    if json:
        print_json(_document(found))
    else:
        _print(found, stdout())


def _document(found: Evaluation) -> dict[str, Any]:
    return {
        "classes": list(found.classes),
        "stages": [
            {
                "name": judged.stage.name,
                "place": str(judged.stage.place),
                "runtime": judged.stage.runtime,
                "milliseconds": judged.milliseconds,
                **judged.score.model_dump(mode="json"),
            }
            for judged in found.judged
        ],
        "agreement": [a.model_dump(mode="json") for a in found.agreements],
    }


def _print(found: Evaluation, console: Console) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("stage", "top-1", "top-5", "agrees with the first", "a clip"):
        table.add_column(title, justify="left" if title == "stage" else "right")
    same = ["", *(_share(a.same) for a in found.agreements)]
    for judged, agrees in zip(found.judged, same, strict=True):
        top5 = _share(judged.score.top5) if judged.score.top5 else ""
        name = Text(f"{judged.stage.place.name} {judged.stage.name}")
        table.add_row(name, _share(judged.score.top1), top5, agrees, f"{judged.milliseconds:.1f} ms")
    console.print(table)
    console.print()
    console.print(_by_class(found.classes, found.judged))


def _by_class(classes: Sequence[str], judged: Sequence[Judged]) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("class")
    for one in judged:
        table.add_column(Text(f"{one.stage.name}, mistaken for"), justify="right")
    rows = [{c.name: c for c in one.score.classes} for one in judged]
    for name in classes:
        if name in rows[0]:
            cells = [f"{row[name].right}/{row[name].clips} {row[name].mistaken_for or '–'}" for row in rows]
            table.add_row(Text(name), *map(Text, cells))
    return table


def _share(interval: Interval) -> str:
    return f"{interval.share:.1%} ({interval.low:.1%} to {interval.high:.1%})"
