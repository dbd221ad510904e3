"""The evaluate road: labelled videos → the stages of a network, each in its own process → how often they are right."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edgeconv import bundle, evaluation, runner, sources
from edgeconv.core.errors import UsageError
from edgeconv.core.progress import Progress, Silent
from edgeconv.steps.state import FLOAT, INT8, ONNX

STAGES = {"onnx": ("onnxruntime", ONNX), "fp32": ("litert", FLOAT), "int8": ("litert", INT8), "device": ("litert", "")}
"""Name, runtime and file of what a bundle holds; 'device' is the split form where there is one."""


@dataclass(frozen=True)
class Stage:
    """One form of a network: a file of a bundle in a runtime, or a checkpoint in PyTorch."""

    name: str
    place: Path
    """Folder of the bundle, or the checkpoint."""
    runtime: str
    model: str = ""


@dataclass(frozen=True)
class Videos:
    """What is judged on."""

    classes: tuple[str, ...]
    paths: tuple[Path, ...]
    labels: tuple[int, ...]


@dataclass(frozen=True)
class Judged:
    stage: Stage
    score: evaluation.Score
    milliseconds: float
    """Median of a clip."""


@dataclass(frozen=True)
class Evaluation:
    classes: tuple[str, ...]
    judged: tuple[Judged, ...]
    agreements: tuple[evaluation.Agreement, ...]
    """Of every stage with the first."""


def stages_of(place: Path, wanted: Sequence[str], runtime: str = "litert") -> tuple[Stage, ...]:
    """The stages of a bundle or a checkpoint of edgeconv-train.

    Raises:
        UsageError: it is neither, or damaged, or lacks a stage.
    """
    if place.suffix in (".pt", ".pth"):
        if not place.is_file():
            raise UsageError(f"the checkpoint '{place}' does not exist")
        return (Stage("torch", place, "torch"),)
    inspected = bundle.inspect_bundle(place)
    if inspected.manifest is None or inspected.findings:
        raise UsageError(f"'{place}' is not what its manifest says", reasons=map(str, inspected.findings))
    found = []
    for name in wanted:
        its_runtime, file = STAGES[name]
        if file and file not in inspected.manifest.files:
            raise UsageError(f"'{place}' holds no {file}", hint=f"it holds {', '.join(inspected.manifest.files)}")
        found.append(Stage(name, place, runtime if its_runtime == "litert" else its_runtime, file))
    return tuple(found)


def read_videos(data: Path, split: Path | None, labels: Path | None) -> Videos:
    """The videos of a folder of classes or of a list, with the class names of the network where a file has them.

    Raises:
        UsageError: with every line or folder that cannot be used.
    """
    from edgeconv_models.data.errors import DataError
    from edgeconv_models.data.listing import read_listing

    try:
        names = None if labels is None else labels.read_text(encoding="utf-8").splitlines()
        listing = read_listing(data, split, names)
    except DataError as error:
        raise UsageError(str(error).splitlines()[0], reasons=error.reasons) from error
    except OSError as error:
        raise UsageError(f"the labels file '{labels}' cannot be read: {error.strerror}") from error
    clips = listing.clips
    return Videos(listing.classes, tuple(c.path for c in clips), tuple(c.label for c in clips))


def labels_of(place: Path) -> Path | None:
    """The class names that a bundle brings, or that lie beside a checkpoint; None where there are none."""
    if place.is_file():
        beside = place.with_name("labels.txt")
        return beside if beside.is_file() else None
    inspected = bundle.inspect_bundle(place)
    named = inspected.manifest.labels if inspected.manifest else None
    return None if named is None else place / named


def evaluate(
    stages: Sequence[Stage], videos: Videos, *, threads: int = 1, jobs: int = 1, progress: Progress | None = None
) -> Evaluation:
    """Answer every video in every stage; `jobs` stages run at a time, and each holds one clip in memory.

    Raises:
        UsageError: a video cannot be read; a network of another number of classes.
        ModelError: a stage is no classifier.
    """
    told = progress or Silent()
    told.stage(f"judging {len(videos.paths)} videos in {len(stages)} stages")
    with tempfile.TemporaryDirectory(prefix="evaluate-") as scratch, ThreadPoolExecutor(jobs) as pool:
        files = [Path(scratch) / f"{number}.npy" for number in range(len(stages))]
        calls = [pool.submit(_answer, s, videos, f, threads) for s, f in zip(stages, files, strict=True)]
        answered = [call.result() for call in calls]
        logits = [np.load(file) for file in files]
    labels = np.array(videos.labels, np.int64)
    for stage, values in zip(stages, logits, strict=True):
        if values.shape[1] != len(videos.classes):
            raise UsageError(
                f"'{stage.place}' knows {values.shape[1]} classes, but the data has {len(videos.classes)}",
                hint="--labels names all classes of the network, one a line",
            )
    judged = [
        Judged(stage, evaluation.score(values, labels, videos.classes), milliseconds)
        for stage, values, milliseconds in zip(stages, logits, answered, strict=True)
    ]
    agreements = [
        evaluation.agreement(stages[0].name, stage.name, (logits[0], values))
        for stage, values in zip(stages[1:], logits[1:], strict=True)
    ]
    return Evaluation(videos.classes, tuple(judged), tuple(agreements))


def _answer(stage: Stage, videos: Videos, logits: Path, threads: int) -> float:
    """Returns the milliseconds of a clip."""
    if stage.runtime == "torch":
        wanted = sources.CheckpointRequest(checkpoint=stage.place, videos=videos.paths, logits=logits, threads=threads)
        answered = sources.answer_videos(wanted).value
        if answered.classes != videos.classes:
            raise UsageError(
                f"'{stage.place}' was trained on other classes than the data has",
                reasons=[f"there: {', '.join(answered.classes)}", f"here: {', '.join(videos.classes)}"],
            )
        return answered.milliseconds
    request = runner.VideosRequest(
        folder=stage.place,
        model=stage.model,
        runtime=stage.runtime,
        videos=videos.paths,
        logits=logits,
        threads=threads,
    )
    return runner.answer_videos(request).value.milliseconds
