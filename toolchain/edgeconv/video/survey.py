"""Which videos serve for calibration and which are held out for verification."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from edgeconv.core.errors import UsageError
from edgeconv.core.report import SkippedClip
from edgeconv.video.decode import VideoError, VideoInfo, inspect_video
from edgeconv.video.sample import spread
from edgeconv.video.sources import VideoSource, find_sources

MAX_INSPECTED = 64
"""Videos decoded to find out whether they are good, unless more clips are wanted; the rest of a folder is left."""


@dataclass(frozen=True)
class GoodVideo:
    """A video that decodes to its end, and the frames ``start`` (inclusive) to ``stop`` of it that may be used."""

    source: VideoSource
    info: VideoInfo
    start: int
    stop: int


@dataclass(frozen=True)
class VideoSet:
    """The videos of one clip set; ``origin`` is the text for the report."""

    origin: str
    videos: tuple[GoodVideo, ...]
    skipped: tuple[SkippedClip, ...] = ()
    synthetic: bool = False


def whole_video(source: VideoSource) -> GoodVideo:
    """Decode a video once; all of it may be used. Raises VideoError when it is not good."""
    info = inspect_video(source)
    return GoodVideo(source, info, 0, info.frames)


def survey_folder(folder: Path, *, min_videos: int, wanted: int, excluded: frozenset[Path] = frozenset()) -> VideoSet:
    """Decode the videos of a folder and keep the good ones.

    Args:
        folder: see :func:`find_sources`.
        min_videos: fewer good videos are an error.
        wanted: clips that will be taken; of a folder with more videos than that (and than
            :data:`MAX_INSPECTED`), an evenly spread choice is looked at.
        excluded: resolved paths of videos that serve elsewhere; they are named as skipped.

    Raises:
        UsageError: the folder is unusable, or holds fewer than ``min_videos`` good videos.
    """
    listing = find_sources(folder)
    sources = tuple(s for s in listing.sources if s.path.resolve() not in excluded)
    skipped = list(listing.skipped)
    skipped += [
        SkippedClip(name=s.name, reason="it is also a verification video")
        for s in listing.sources
        if s.path.resolve() in excluded
    ]
    chosen = spread(len(sources), min(len(sources), max(MAX_INSPECTED, wanted, min_videos)))
    rest = sorted(set(range(len(sources))) - set(chosen))
    good: dict[int, GoodVideo] = {}
    looked_at = 0
    for index in (*chosen, *rest):
        if looked_at >= len(chosen) and len(good) >= min_videos:
            break
        looked_at += 1
        source = sources[index]
        try:
            good[index] = whole_video(source)
        except VideoError as error:
            skipped.append(SkippedClip(name=source.name, reason=str(error)))
    if len(good) < min_videos:
        raise _too_few(folder, len(good), min_videos, skipped)
    name = folder.resolve().name
    origin = name if looked_at == len(sources) else f"{name} ({looked_at} of {len(sources)} videos looked at)"
    return VideoSet(origin, tuple(good[i] for i in sorted(good)), tuple(skipped))


def hold_out(whole: VideoSet) -> tuple[VideoSet, VideoSet]:
    """Split a set into (calibration, verification) that share no frame.

    About a quarter of the videos, at least one, evenly spread in their order, is held out for verification. A single
    video is cut: its first three quarters calibrate, its last quarter verifies. Skipped videos stay with calibration.

    Raises:
        UsageError: the only good video has a single frame.
    """
    videos = whole.videos
    if len(videos) == 1:
        return _cut(whole, videos[0])
    held = set(spread(len(videos), max(1, (len(videos) + 2) // 4)))
    calibration = VideoSet(
        whole.origin, tuple(v for i, v in enumerate(videos) if i not in held), whole.skipped, whole.synthetic
    )
    verification = VideoSet(
        f"{whole.origin} (held out)", tuple(videos[i] for i in sorted(held)), synthetic=whole.synthetic
    )
    return calibration, verification


def _cut(whole: VideoSet, video: GoodVideo) -> tuple[VideoSet, VideoSet]:
    total = video.info.frames
    if total < 2:
        raise UsageError(
            f"'{whole.origin}' holds one good video, '{video.source.name}', and that has a single frame: "
            "nothing is left to verify with",
            reasons=_lines(whole.skipped),
            hint="add another video, or name a verification folder",
        )
    at = max(1, total * 3 // 4)
    first, last = GoodVideo(video.source, video.info, 0, at), GoodVideo(video.source, video.info, at, total)
    return (
        VideoSet(f"{whole.origin} (one video: its frames 0 to {at - 1})", (first,), whole.skipped),
        VideoSet(f"{whole.origin} (one video: its frames {at} to {total - 1})", (last,)),
    )


def _too_few(folder: Path, good: int, needed: int, skipped: list[SkippedClip]) -> UsageError:
    return UsageError(
        f"the folder '{folder}' has {good} usable video{'' if good == 1 else 's'}, but at least {needed} "
        f"{'is' if needed == 1 else 'are'} needed",
        reasons=_lines(skipped),
        hint="add videos that play to their end, or lower min_videos in the export profile"
        if needed > 1
        else "add videos that play to their end",
    )


def _lines(skipped: Iterable[SkippedClip]) -> list[str]:
    return [f"skipped {s.name}: {s.reason}" for s in skipped]
