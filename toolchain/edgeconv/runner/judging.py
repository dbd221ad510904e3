"""Answer a list of videos with a file of a bundle, fed as its run.py feeds them. Runs in a child."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from pydantic import BaseModel

from edgeconv.core.child import Result, call_once
from edgeconv.core.errors import ModelError, UsageError
from edgeconv.core.layout import Array


class VideosRequest(BaseModel):
    folder: Path
    """Of the bundle."""
    model: str
    """A .tflite or .onnx file of it; '' for what the device runs, which may be split."""
    runtime: str
    videos: tuple[Path, ...]
    logits: Path
    """.npy that receives float32 [videos, classes]."""
    threads: int = 1


class Answered(BaseModel):
    classes: int
    milliseconds: float
    """Median of a clip, without reading it."""


def answer_videos(request: VideosRequest, timeout: float = 6 * 3600) -> Result[Answered]:
    """Answer every video by its middle clip, one clip in memory at a time.

    Raises:
        UsageError: a video cannot be read, or the network takes no pictures.
        ModelError: it is no classifier.
        ChildDied: the runtime crashed.
    """
    return call_once(request.runtime, "edgeconv.runner.judging:serve", request, Answered, timeout, request.threads)


def serve(request: VideosRequest) -> Answered:
    """The child's side of :func:`answer_videos`."""
    from edgeconv.runner import run

    try:
        bundle = run.Bundle(request.folder)
        network = _onnx(request) if request.model.endswith(".onnx") else _tflite(request, bundle)
        answers, times = _answers(request.videos, bundle, network)
    except run.Stop as stop:
        raise UsageError(stop.what, hint=stop.advice or None) from stop
    logits = np.stack(answers)
    np.save(request.logits, logits)
    return Answered(classes=logits.shape[1], milliseconds=float(np.median(times)))


Network = Callable[[list[Array]], tuple[Array, float]]
"""From the values of the inputs to the first output and the milliseconds it took."""


def _answers(videos: Iterable[Path], bundle: object, network: Network) -> tuple[list[Array], list[float]]:
    from edgeconv.runner import run

    answers, times = [], []
    for video in videos:
        try:
            values = run.sampled(video, bundle)  # type: ignore[arg-type]
        except run.Stop as stop:
            raise UsageError(f"'{video}' cannot be judged: {stop.what}", hint=stop.advice or None) from stop
        output, milliseconds = network(values)
        if output.shape[:-1] != (1,) * (output.ndim - 1):
            raise ModelError(f"a classifier gives one row of numbers for a clip; this gives {list(output.shape)}")
        answers.append(output.reshape(-1).astype(np.float32))
        times.append(milliseconds)
    return answers, times


def _tflite(request: VideosRequest, bundle: object) -> Network:
    from edgeconv.runner import run

    how = run.Settings(request.runtime, request.threads)
    opened = run.for_device(bundle, how, request.model or None)[-1]  # type: ignore[arg-type]

    def network(values: list[Array]) -> tuple[Array, float]:
        outputs = run.answer(bundle, opened, values)  # type: ignore[arg-type]
        return run.real(outputs[0], opened.outputs[0]), opened.milliseconds[-1]

    return network


def _onnx(request: VideosRequest) -> Network:
    """The 4D file: the frames of a clip as a batch, channels first."""
    import time

    import onnxruntime

    from edgeconv.runner import run

    layouts = [meaning["source_layout"] for meaning in run.Bundle(request.folder).inputs]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = request.threads, 3
    file = str(request.folder / request.model)
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])

    def network(values: list[Array]) -> tuple[Array, float]:
        feeds = {}
        for end, layout, value in zip(session.get_inputs(), layouts, values, strict=True):
            order = [layout.index(axis) for axis in "NTCHW" if axis in layout]
            feeds[end.name] = np.ascontiguousarray(value.transpose(order)).reshape(end.shape)
        start = time.perf_counter()
        output = session.run(None, feeds)[0]
        return output, (time.perf_counter() - start) * 1e3

    return network
