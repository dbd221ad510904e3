"""Answer a list of videos with a checkpoint of edgeconv-train, in PyTorch. Runs in a child."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel

from edgeconv.core.child import Result, call_once
from edgeconv.core.errors import UsageError


class CheckpointRequest(BaseModel):
    checkpoint: Path
    videos: tuple[Path, ...]
    logits: Path
    """.npy that receives float32 [videos, classes]."""
    threads: int = 1


class CheckpointAnswered(BaseModel):
    classes: tuple[str, ...]
    milliseconds: float
    """Median of a clip, without reading it."""


def answer_videos(request: CheckpointRequest, timeout: float = 6 * 3600) -> Result[CheckpointAnswered]:
    """Answer every video by its middle clip, one clip in memory at a time.

    Raises:
        UsageError: the checkpoint or a video cannot be read.
    """
    label = "the model's process"
    return call_once(label, "edgeconv.sources.judging:serve", request, CheckpointAnswered, timeout, request.threads)


def serve(request: CheckpointRequest) -> CheckpointAnswered:
    """The child's side of :func:`answer_videos`."""
    import time

    import numpy as np
    import torch

    from edgeconv_models.data.errors import DataError
    from edgeconv_models.data.reading import read_clip
    from edgeconv_models.training.checkpoint import load
    from edgeconv_models.training.config import TrainingError

    torch.set_num_threads(request.threads)
    answers, times = [], []
    try:
        found = load(request.checkpoint)
        network = found.network()
        with torch.inference_mode():
            for video in request.videos:
                clip = torch.from_numpy(found.form.normalise(read_clip(video, found.form)))[None]
                start = time.perf_counter()
                answers.append(network(clip)[0].numpy())
                times.append((time.perf_counter() - start) * 1e3)
    except (DataError, TrainingError) as error:
        raise UsageError(str(error).splitlines()[0], reasons=error.reasons) from error
    np.save(request.logits, np.stack(answers).astype(np.float32))
    return CheckpointAnswered(classes=found.classes, milliseconds=float(np.median(times)))
