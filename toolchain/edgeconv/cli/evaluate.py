"""`edgeconv evaluate`: how well a network and its exported files recognise labelled videos."""

from __future__ import annotations

from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgeconv.cli.options import Quiet, Seed, Settings, Weights
from edgeconv.cli.output import Json, print_json, stdout
from edgeconv.core.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from edgeconv.core.evaluation import Evaluation, Share
    from edgeconv.evaluate_road import Evaluated, EvaluateRequest
    from edgeconv_models.data.listing import Listing


def evaluate(
    subject: Annotated[
        str,
        typer.Argument(
            help="A folder that 'export' has written, or a model to run in PyTorch.", metavar="BUNDLE|SOURCE"
        ),
    ],
    data: Annotated[Path, typer.Option("--data", help="Folder with a folder of videos per class.", metavar="DIR")],
    split: Annotated[
        Path | None, typer.Option("--split", help="Take the videos of this list only (.txt or .csv).", metavar="FILE")
    ] = None,
    classes: Annotated[
        Path | None,
        typer.Option("--classes", help="Class names in the order of the scores, one per line.", metavar="FILE"),
    ] = None,
    stage: Annotated[
        list[str] | None,
        typer.Option("--stage", help="onnx, fp32 or int8; may be repeated. Without it: all.", metavar="NAME"),
    ] = None,
    torch: Annotated[
        str | None, typer.Option("--torch", help="The network of the bundle: run it in PyTorch too.", metavar="SOURCE")
    ] = None,
    weights: Weights = None,
    settings: Settings = None,
    runtime: Annotated[
        list[str] | None, typer.Option("--runtime", help="litert, tflite-runtime or tensorflow.", metavar="NAME")
    ] = None,
    clips: Annotated[int, typer.Option("--clips", min=1, help="Of each video; their scores are averaged.")] = 1,
    crops: Annotated[int, typer.Option("--crops", min=1, help="Of each clip: 1 or 3.")] = 1,
    batch: Annotated[int, typer.Option("--batch", min=1, help="Videos that are held at once.")] = 16,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Videos that are decoded at once.")] = 2,
    threads: Annotated[int, typer.Option("--threads", min=1, help="Of each runtime.")] = 2,
    seed: Seed = 0,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder for evaluation.html, .json and predictions.csv.", metavar="DIR"),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Top-1 and top-5 with confidence intervals, per class, and whether the stages agree.

    Clips are taken from a video as the export takes them, so int8 here is what the device would say. Exit code 1 where
    a video could not be read.
    """
    from edgeconv import evaluate_road
    from edgeconv.cli.progress import progress

    asked = _Asked(subject, tuple(stage or ()), torch, weights, tuple(settings or ()), tuple(runtime or ()), seed)
    request = _request(asked, data, split, classes)
    request = replace(request, clips=clips, crops=crops, batch=batch, workers=workers, threads=threads)
    with progress(silent=quiet or json) as told:
        told.stage(f"{len(request.videos)} videos through {', '.join(s.name for s in request.stages)}")
        found = evaluate_road.evaluate(request, told)
    if out is not None:
        _write(found, out)
    if json:
        print_json(found.evaluation.model_dump(mode="json"))
    elif not quiet:
        _print(stdout(), found.evaluation)
    if found.evaluation.skipped:
        raise typer.Exit(int(ExitCode.GATE))


@dataclass(frozen=True)
class _Asked:
    """What is to be evaluated, as the user wrote it."""

    subject: str
    stages: tuple[str, ...]
    torch: str | None
    weights: Path | None
    settings: tuple[str, ...]
    runtimes: tuple[str, ...]
    seed: int

    @property
    def is_bundle(self) -> bool:
        return (Path(self.subject) / "manifest.json").exists()

    @property
    def source(self) -> str | None:
        """What runs in PyTorch."""
        return self.torch if self.is_bundle else self.subject

    def check(self) -> None:
        """
        Raises:
            UsageError: options that do not go together.
        """
        if not self.is_bundle and Path(self.subject).is_dir():
            raise UsageError(f"'{self.subject}' is no bundle: it has no manifest.json")
        if not self.is_bundle and (self.stages or self.torch or self.runtimes):
            hint = "leave --stage, --torch and --runtime out"
            raise UsageError(f"'{self.subject}' is no bundle: it has no stages", hint=hint)
        if self.source is None and (self.weights or self.settings):
            raise UsageError("--weights and --set are for a network in PyTorch", hint="name it with --torch")


def _request(asked: _Asked, data: Path, split: Path | None, classes: Path | None) -> EvaluateRequest:
    from edgeconv import runner
    from edgeconv.cli.request import source_spec
    from edgeconv.evaluate_road import EvaluateRequest
    from edgeconv.profiles import VideoProfile
    from edgeconv.steps.evaluating import Subject, bundle_subject, source_subject

    asked.check()
    found: list[Subject] = []
    if asked.source is not None:
        spec = source_spec(
            asked.source,
            settings=asked.settings,
            weights=asked.weights,
            input_shapes=(),
            input_layouts=(),
            seed=asked.seed,
        )
        found.append(source_subject(spec, VideoProfile()))
    if asked.is_bundle:
        found.append(bundle_subject(Path(asked.subject), runner.choose_runtimes(asked.runtimes), asked.stages))
    first, last = found[0], found[-1]
    if [i.shape for i in first.inputs] != [i.shape for i in last.inputs]:
        raise UsageError(
            f"the bundle was not made of '{asked.source}' with these options",
            reasons=[", ".join(f"'{i.name}' {list(i.shape)}" for i in one.inputs) for one in found],
        )
    listing = _listing(data, split, _names(classes) or last.labels)
    return EvaluateRequest(
        subject=Path(asked.subject).resolve().name if asked.is_bundle else asked.subject,
        data=data.resolve().name + (f", {split.name}" if split else ""),
        classes=listing.classes,
        videos=listing.clips,
        stages=tuple(stage for one in found for stage in one.stages),
        notes=tuple(note for one in found for note in one.notes),
        inputs=last.inputs,
        form=last.form,
    )


def _names(file: Path | None) -> tuple[str, ...]:
    if file is None:
        return ()
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the list of classes '{file}' cannot be read: {error}") from error
    return tuple(line.strip() for line in lines if line.strip())


def _listing(data: Path, split: Path | None, names: tuple[str, ...]) -> Listing:
    from edgeconv_models.data.errors import DataError
    from edgeconv_models.data.listing import read_listing

    try:
        return read_listing(data, split, names or None)
    except DataError as error:
        raise UsageError(str(error).splitlines()[0], reasons=error.reasons) from error


def _write(found: Evaluated, folder: Path) -> None:
    import csv
    from json import dumps

    from edgeconv.core.staged_file import StagedFile
    from edgeconv.report import render_evaluation

    evaluation = found.evaluation
    texts = {
        "evaluation.json": dumps(evaluation.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n",
        "evaluation.html": render_evaluation(evaluation),
    }
    rows = StringIO()
    table = csv.writer(rows)
    table.writerow(["video", "class", *(f"{name}: {what}" for name in found.scores for what in ("answer", "score"))])
    for at, item in enumerate(found.videos):
        best = [(scores[at].argmax(), scores[at].max()) for scores in found.scores.values()]
        answers = [text for index, score in best for text in (evaluation.classes[index], f"{score:.6f}")]
        table.writerow([f"{item.path.parent.name}/{item.path.name}", evaluation.classes[item.label], *answers])
    for name, text in {**texts, "predictions.csv": rows.getvalue()}.items():
        with StagedFile(folder / name) as staged:
            staged.path.write_text(text, encoding="utf-8", newline="\n")
            staged.commit()


def _print(console: Console, found: Evaluation) -> None:
    from rich.table import Table
    from rich.text import Text

    console.print(Text(f"{found.subject} on {found.data}: {found.videos} videos, {len(found.classes)} classes"))
    if found.clips * found.crops > 1:
        console.print(Text(f"{found.clips} clips of {found.crops} crops of each, averaged"))
    table = Table("stage", "top-1", "95 %", "top-5", "95 %", box=None, pad_edge=False)
    for stage in found.stages:
        table.add_row(Text(stage.name), *_words(stage.top1), *_words(stage.top5))
    console.print(table)
    for pair in found.agreements:  # the page has all pairs
        if pair.first != found.stages[0].name:
            continue
        told = f"{pair.first} and {pair.second} agree on {100 * pair.same.value:.1f} % "
        told += f"({pair.only_first} and {pair.only_second} right alone, p = {pair.p_value:.2g})"
        console.print(Text(told), soft_wrap=True)
    for note in found.notes:
        console.print(Text.assemble(("note ", "yellow"), note), soft_wrap=True)
    for skipped in found.skipped:
        console.print(Text.assemble(("not read ", "red"), f"{skipped.name}: {skipped.reason}"), soft_wrap=True)


def _words(share: Share | None) -> tuple[str, str]:
    if share is None:
        return "", ""
    return f"{100 * share.value:.1f} %", f"{100 * share.low:.1f} to {100 * share.high:.1f}"
