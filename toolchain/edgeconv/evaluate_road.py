"""The evaluate road: labelled videos through the stages of a network, batch by batch, then what can be said of it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edgeconv import evaluation, runtimes, sources, video
from edgeconv.core.child import Child
from edgeconv.core.errors import UsageError
from edgeconv.core.evaluation import Evaluation, SkippedVideo
from edgeconv.core.layout import Array
from edgeconv.core.numbered import numbered
from edgeconv.core.progress import Progress, Silent
from edgeconv.core.report import InputInfo
from edgeconv.steps.evaluating import FileStage, Stage, TorchStage

if TYPE_CHECKING:
    from edgeconv_models.data.listing import LabelledClip


@dataclass(frozen=True)
class EvaluateRequest:
    subject: str
    data: str
    """For the page: which folder, which list."""
    classes: tuple[str, ...]
    videos: tuple[LabelledClip, ...]
    stages: tuple[Stage, ...]
    notes: tuple[str, ...]
    """What a reader must know of them."""
    inputs: tuple[InputInfo, ...]
    """Of the network, in the order of the stages' feeds; each names its axes."""
    form: video.ClipForm
    """The longest clip that an input takes."""
    clips: int = 1
    crops: int = 1
    batch: int = 16
    """Videos that are held at once."""
    threads: int = 2
    workers: int = 2
    """Videos that are decoded at once."""


@dataclass(frozen=True)
class Evaluated:
    evaluation: Evaluation
    videos: tuple[LabelledClip, ...]
    """Those that could be read."""
    scores: dict[str, Array] = field(default_factory=dict)
    """By stage: probabilities [videos, classes]."""


def evaluate(request: EvaluateRequest, progress: Progress | None = None) -> Evaluated:
    """Run every stage over all videos. Memory is bounded by the batch, whatever the number of videos.

    Raises:
        UsageError: no video can be read; the network has another number of classes; the views cannot be taken.
        ChildDied: a runtime crashed.
    """
    told = progress or Silent()
    looks = evaluation.views(request.clips, request.crops)
    seen: list[LabelledClip] = []
    skipped: list[SkippedVideo] = []
    collected: dict[str, list[Array]] = {stage.name: [] for stage in request.stages}
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="edgeconv-")))
        runners = [_runner(stage, request, scratch) for stage in request.stages]
        for runner in runners:
            stack.enter_context(runner)
        pool = stack.enter_context(ThreadPoolExecutor(request.workers))
        for batch in _batches(request.videos, request.batch):
            told.detail(f"{len(seen) + len(skipped)} of {len(request.videos)} videos")
            clips = []
            for item, found in zip(batch, pool.map(lambda v: _read(v, request.form, looks), batch), strict=True):
                if isinstance(found, str):
                    skipped.append(SkippedVideo(name=item.path.name, reason=found))
                else:
                    clips.append(found)
                    seen.append(item)
            if not clips:
                continue
            files = _write(np.concatenate(clips), request.inputs, scratch)
            for runner in runners:
                outputs = runner.answer(files)
                _check_classes(outputs, request)
                collected[runner.name].append(evaluation.video_scores(outputs, len(looks)))
    if not seen:
        raise UsageError("none of the videos can be read", reasons=[f"{s.name}: {s.reason}" for s in skipped[:20]])
    scores = {name: np.concatenate(parts) for name, parts in collected.items()}
    return Evaluated(_judged(request, seen, skipped, scores), tuple(seen), scores)


def _judged(
    request: EvaluateRequest, seen: Sequence[LabelledClip], skipped: Sequence[SkippedVideo], scores: dict[str, Array]
) -> Evaluation:
    labels, names = [item.label for item in seen], list(scores)
    pairs = [(a, b) for at, a in enumerate(names) for b in names[at + 1 :]]
    return Evaluation(
        subject=request.subject,
        data=request.data,
        classes=request.classes,
        videos=len(seen),
        clips=request.clips,
        crops=request.crops,
        stages=tuple(evaluation.score(name, scores[name], labels, request.classes) for name in names),
        agreements=tuple(evaluation.agreement(a, b, (scores[a], scores[b]), labels) for a, b in pairs),
        notes=request.notes,
        skipped=tuple(skipped),
    )


def _batches(videos: Sequence[LabelledClip], size: int) -> Iterator[list[LabelledClip]]:
    left = iter(videos)
    while batch := list(islice(left, size)):
        yield batch


def _read(item: LabelledClip, form: video.ClipForm, looks: Sequence[evaluation.View]) -> Array | str:
    """The clips [views, 3, T, H, W] of a video, or why it cannot be read."""
    try:
        return video.read_views(item.path, form, [(look.moment, look.place) for look in looks])
    except video.VideoError as error:
        return str(error)


def _write(clips: Array, inputs: Sequence[InputInfo], scratch: Path) -> tuple[Path, ...]:
    """Each input's clips as it takes them: [samples, ...input shape...]."""
    files = []
    for number, info in enumerate(inputs):
        chosen = clips[:, :, video.frame_choice(clips.shape[2], video.axis_size(info, "T"))]
        axes = {letter: at for at, letter in enumerate("MCTHW")}
        order = [axes[letter] for letter in info.layout if letter != "N"]
        path = scratch / f"clips_{number}.npy"
        np.save(path, chosen.transpose(0, *order).reshape(len(clips), *info.shape))
        files.append(path)
    return tuple(files)


def _check_classes(outputs: Array, request: EvaluateRequest) -> None:
    if outputs.ndim != 2 or outputs.shape[1] != len(request.classes):
        gives = f"{outputs.shape[1]} scores" if outputs.ndim == 2 else f"an output of shape {list(outputs.shape[1:])}"
        raise UsageError(
            f"the network gives {gives}, and the data has {len(request.classes)} classes",
            hint="is it the data it was trained on? --classes takes a list of the classes in their order",
        )


class _FileRunner:
    def __init__(self, stage: FileStage, request: EvaluateRequest, scratch: Path) -> None:
        self.name, self._stage, self._threads, self._scratch = stage.name, stage, request.threads, scratch
        self._child = Child(stage.runtime, request.threads)

    def __enter__(self) -> _FileRunner:
        self._child.__enter__()
        return self

    def __exit__(self, *problem: object) -> None:
        self._child.__exit__(None, None, None)

    def answer(self, files: Sequence[Path]) -> Array:
        """First output [samples, classes] for clips on disk, one file per input."""
        outputs = self._scratch / "outputs.npy"
        request = runtimes.RunRequest(
            runtime=self._stage.runtime,
            model=self._stage.model,
            feeds=tuple(f.model_copy(update={"clips": p}) for f, p in zip(self._stage.feeds, files, strict=True)),
            head=self._stage.head,
            outputs=outputs,
            threads=self._threads,
        )
        runtimes.run_in(self._child, request)
        return _first(outputs)


class _TorchRunner:
    def __init__(self, stage: TorchStage, request: EvaluateRequest, scratch: Path) -> None:
        self.name, self._stage, self._threads, self._scratch = stage.name, stage, request.threads, scratch
        self._session = sources.open_source(stage.spec, request.threads)

    def __enter__(self) -> _TorchRunner:
        self._session.__enter__()
        return self

    def __exit__(self, *problem: object) -> None:
        self._session.__exit__(None, None, None)

    def answer(self, files: Sequence[Path]) -> Array:
        outputs = self._scratch / "outputs.npy"
        self._session.answer(
            sources.AnswerRequest(spec=self._stage.spec, samples=tuple(files), outputs=outputs, threads=self._threads)
        )
        return _first(outputs)


def _runner(stage: Stage, request: EvaluateRequest, scratch: Path) -> _FileRunner | _TorchRunner:
    if isinstance(stage, TorchStage):
        return _TorchRunner(stage, request, scratch)
    return _FileRunner(stage, request, scratch)


def _first(outputs: Path) -> Array:
    found: Array = np.load(numbered(outputs, 0))
    return found.reshape(len(found), -1) if found.ndim == 3 and found.shape[1] == 1 else found
