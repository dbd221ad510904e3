"""load_clips: the clips that calibrate the int8 model, and the held-out ones that judge it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from edgeconv.core.errors import ToolError, UsageError
from edgeconv.core.report import Clip, ClipSet
from edgeconv.profiles import ClipsProfile, VideoProfile
from edgeconv.video.decode import Pixels, VideoError, read_frames
from edgeconv.video.preprocess import crop, frame_pixels, normalise
from edgeconv.video.sample import ClipPlan, plan_clip
from edgeconv.video.sources import VideoSource
from edgeconv.video.survey import GoodVideo, VideoSet, hold_out, survey_folder, whole_video
from edgeconv.video.synthetic import write_synthetic

Role = Literal["calibration", "verification"]

MAX_SYNTHETIC = 16
"""Synthetic videos of a set; more clips than that are further clips of the same videos."""


@dataclass(frozen=True)
class ClipRequest:
    """What clips are wanted.

    Attributes:
        calibration_dir: folder of videos; None for synthetic ones.
        verification_dir: folder of other videos; None to hold some of the calibration videos out.
        frames: frames per clip, N.
        height: of the model's input, pixels.
        width: of the model's input, pixels.
        video: how frames become numbers.
        calibration: how many clips, from how many videos at least.
        verification: the same for verification.
        seed: of everything random: clips after the first of a video, and synthetic videos.
        scratch: folder that synthetic videos are written to; made when missing.
    """

    calibration_dir: Path | None
    verification_dir: Path | None
    frames: int
    height: int
    width: int
    video: VideoProfile
    calibration: ClipsProfile
    verification: ClipsProfile
    seed: int
    scratch: Path

    def __post_init__(self) -> None:
        if min(self.frames, self.height, self.width) <= 0:
            raise UsageError(f"a clip of {self.frames} frames of {self.height}×{self.width} pixels cannot be taken")
        if self.seed < 0:
            raise UsageError(f"the seed must not be negative, but it is {self.seed}")


@dataclass(frozen=True, eq=False)
class LoadedClips:
    """M clips of one role.

    Attributes:
        info: for the report: the clips in order, their frames, what was skipped.
        array: float32 (M, 3, N, H, W), ``(pixel - mean) * scale`` in the profile's colour order.
        raw: uint8 (M, N, H, W, 3), the same pixels before normalising.
        names: M names, 'video.mp4#0'.
    """

    info: ClipSet
    array: npt.NDArray[np.float32]
    raw: Pixels
    names: tuple[str, ...]


def load_clips(request: ClipRequest) -> tuple[LoadedClips, LoadedClips]:
    """Return the (calibration, verification) clips; no frame is in both.

    The same request and files give the same arrays. At most one decoded frame is held beside the result.

    Raises:
        UsageError: a folder cannot be used, or has too few good videos; every skipped video is named with its reason.
        ToolError: the synthetic videos cannot be written.
    """
    calibration, verification = _choose_videos(request)
    return (
        _take_clips(calibration, "calibration", request.calibration.clips, request),
        _take_clips(verification, "verification", request.verification.clips, request),
    )


def _choose_videos(request: ClipRequest) -> tuple[VideoSet, VideoSet]:
    calibration, verification = request.calibration, request.verification
    folder, other = request.calibration_dir, request.verification_dir
    if folder is not None and other is not None and folder.resolve() == other.resolve():
        other = None
    if folder is not None and other is None:
        return hold_out(
            survey_folder(
                folder,
                min_videos=max(calibration.min_videos, verification.min_videos),
                wanted=calibration.clips + verification.clips,
            )
        )
    if other is None:
        judges = _synthetic(request, "verification", verification)
    else:
        judges = survey_folder(other, min_videos=verification.min_videos, wanted=verification.clips)
    if folder is None:
        return _synthetic(request, "calibration", calibration), judges
    taken = frozenset(video.source.path.resolve() for video in judges.videos)
    return survey_folder(folder, min_videos=calibration.min_videos, wanted=calibration.clips, excluded=taken), judges


def _synthetic(request: ClipRequest, role: Role, profile: ClipsProfile) -> VideoSet:
    count = max(min(profile.clips, MAX_SYNTHETIC), profile.min_videos)
    folder = request.scratch / f"synthetic-{role}"
    try:
        videos = tuple(
            whole_video(VideoSource(path.name, path)) for path in write_synthetic(folder, role, count, request.seed)
        )
    except VideoError as error:
        raise ToolError(f"a synthetic video in '{folder}' cannot be decoded: {error}") from error
    return VideoSet(f"synthetic moving shapes (seed {request.seed})", videos, synthetic=True)


def _take_clips(videos: VideoSet, role: Role, count: int, request: ClipRequest) -> LoadedClips:
    """Take ``count`` clips, in turn from every video of the set."""
    owners = [videos.videos[i % len(videos.videos)] for i in range(count)]
    numbers = [i // len(videos.videos) for i in range(count)]
    plans = [
        plan_clip(
            owner.source.name, number, start=owner.start, stop=owner.stop, segments=request.frames, seed=request.seed
        )
        for owner, number in zip(owners, numbers, strict=True)
    ]
    raw = np.empty((count, request.frames, request.height, request.width, 3), np.uint8)
    for first, video in enumerate(videos.videos[:count]):
        own = range(first, count, len(videos.videos))
        _read_video(video, [(plans[i], raw[i]) for i in own], request)
    array = np.empty((count, 3, request.frames, request.height, request.width), np.float32)
    for i in range(count):
        normalise(raw[i], request.video, array[i])
    names = tuple(f"{owner.source.name}#{number}" for owner, number in zip(owners, numbers, strict=True))
    info = ClipSet(
        role=role,
        origin=videos.origin,
        synthetic=videos.synthetic,
        clips=tuple(
            Clip(name=name, frames=plan.frames, width=owner.info.width, height=owner.info.height)
            for name, plan, owner in zip(names, plans, owners, strict=True)
        ),
        skipped=videos.skipped,
    )
    return LoadedClips(info, array, raw, names)


def _read_video(video: GoodVideo, clips: list[tuple[ClipPlan, Pixels]], request: ClipRequest) -> None:
    """Decode one video once and fill the clips taken from it, each uint8 (N, H, W, 3)."""
    height, width = request.height, request.width
    wanted = frozenset(index for plan, _ in clips for index in plan.frames)
    try:
        for index, picture in read_frames(video.source, wanted):
            pixels = frame_pixels(picture, height=height, width=width, video=request.video)
            for plan, out in clips:
                places = [place for place, own in enumerate(plan.frames) if own == index]
                if places:
                    out[places] = crop(pixels, height=height, width=width, x=plan.crop_x, y=plan.crop_y)
    except VideoError as error:
        raise UsageError(
            f"the video '{video.source.name}' could be decoded once, but no clip could be taken from it: {error}",
            hint="run again when nothing writes to the folder, or take the video out",
        ) from error
