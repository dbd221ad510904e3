"""Decode videos frame by frame with PyAV: one frame in memory at a time.

Neither the frame count nor the size in the container's header is trusted; both are read from decoded frames.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgeconv.video.sources import VideoSource, printable

Pixels = npt.NDArray[np.uint8]

Frame = Any
"""An ``av.VideoFrame``; PyAV's types are not visible to the type checker."""


class VideoError(Exception):
    """A video cannot be decoded; the text is a reason of one line, without any path."""


@dataclass(frozen=True)
class VideoInfo:
    """What decoding a video told: number of frames, and the size of its first frame held upright, in pixels."""

    frames: int
    width: int
    height: int


@dataclass(frozen=True)
class Orientation:
    """How to turn a stored frame upright: transpose first, then mirror."""

    transpose: bool
    mirror_x: bool
    mirror_y: bool

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Return (width, height) of the turned frame; the same call maps back."""
        return (height, width) if self.transpose else (width, height)

    def apply(self, pixels: Pixels) -> Pixels:
        """Return a view of ``pixels``, uint8 (height, width, 3), turned upright."""
        turned = pixels.transpose(1, 0, 2) if self.transpose else pixels
        return turned[:: -1 if self.mirror_y else 1, :: -1 if self.mirror_x else 1]


UPRIGHT = Orientation(False, False, False)
QUARTER_TURNS = (
    UPRIGHT,
    Orientation(True, False, True),
    Orientation(False, True, True),
    Orientation(True, True, False),
)
"""Counter-clockwise, by number."""


@dataclass(frozen=True)
class Picture:
    """A decoded frame as it is stored, and how to turn it upright."""

    frame: Frame
    turn: Orientation


def orientation(frame: Frame) -> Orientation:
    """Read a frame's rotation tag, the display matrix; angles between quarter turns go to the nearest one.

    The matrix sends the stored point (x, y) to (a·x + c·y, b·x + d·y), so mirrored phone videos are covered too.
    (Not covered is mirroring top to bottom alone: it has no angle, see :class:`_Turns`.)
    """
    if not frame.rotation:
        return UPRIGHT
    try:
        tags = {tag.type.name: bytes(tag) for tag in frame.side_data}
    except ValueError:  # PyAV refuses the whole list for one kind of tag that it does not know.
        tags = {}
    if "DISPLAYMATRIX" not in tags:
        return QUARTER_TURNS[round(frame.rotation / 90) % 4]
    matrix = np.frombuffer(tags["DISPLAYMATRIX"], np.int32)
    a, b, c, d = (int(matrix[i]) for i in (0, 1, 3, 4))
    if abs(b) + abs(c) > abs(a) + abs(d):
        return Orientation(True, mirror_x=c < 0, mirror_y=b < 0)
    return Orientation(False, mirror_x=a < 0, mirror_y=d < 0)


class _Turns:
    """The orientations met in one video, read once per angle.

    PyAV keeps every frame whose side data was touched alive (seen in 18.1), so that is done for at most a few frames
    of a video, and never for those without an angle.
    """

    def __init__(self) -> None:
        self._known: dict[int, Orientation] = {}

    def picture(self, frame: Frame) -> Picture:
        angle = frame.rotation
        if angle not in self._known:
            self._known[angle] = orientation(frame)
        return Picture(frame, self._known[angle])


def inspect_video(source: VideoSource) -> VideoInfo:
    """Decode the whole video once and tell what it holds.

    Raises:
        VideoError: it cannot be opened, breaks while decoding, or has no frames.
    """
    count = width = height = 0
    for picture in iterate_pictures(source):
        if count == 0:
            width, height = picture.turn.size(picture.frame.width, picture.frame.height)
        count += 1
    if count == 0:
        raise VideoError("it has no frames")
    return VideoInfo(count, width, height)


def read_frames(source: VideoSource, wanted: frozenset[int]) -> Iterator[tuple[int, Picture]]:
    """Yield (index, picture) for the ``wanted`` indices, ascending; stop decoding after the last one.

    Raises:
        VideoError: the video breaks or ends before the last wanted frame.
    """
    last = max(wanted)
    with closing(iterate_pictures(source)) as pictures:
        for index, picture in enumerate(pictures):
            if index in wanted:
                yield index, picture
            if index == last:
                return
    raise VideoError(f"it ends before frame {last}")


def iterate_pictures(source: VideoSource) -> Generator[Picture, None, None]:
    """Yield all frames in display order.

    Raises:
        VideoError: with the reason, at the frame that breaks.
    """
    turns = _Turns()
    with closing(_image_frames(source.images) if source.images else _file_frames(source.path)) as frames:
        for frame in frames:
            yield turns.picture(frame)


def _file_frames(path: Path) -> Generator[Frame, None, None]:
    import av

    quiet()
    step = "it cannot be opened"
    try:
        # A file that in truth is a playlist must not make FFmpeg fetch anything else.
        with av.open(str(path.absolute()), options={"protocol_whitelist": "file"}) as container:
            if not container.streams.video:
                raise VideoError("it has no video stream")
            step = "decoding breaks at frame 0"
            for index, frame in enumerate(container.decode(container.streams.video[0])):
                if frame.is_corrupt:
                    raise VideoError(f"decoding breaks at frame {index}: the frame is corrupt")
                yield frame
                step = f"decoding breaks at frame {index + 1}"
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise VideoError(f"{step}: {one_line(error)}") from error


def _image_frames(images: tuple[Path, ...]) -> Generator[Frame, None, None]:
    import av

    quiet()
    for path in images:
        try:
            # An open file, not a name: FFmpeg would read '%d' in a name as a pattern.
            with path.open("rb") as file, av.open(file) as container:
                frame = next(iter(container.decode(video=0)), None)
        except (av.error.FFmpegError, OSError, ValueError, IndexError) as error:
            raise VideoError(f"image '{printable(path.name)}' cannot be decoded: {one_line(error)}") from error
        if frame is None or frame.is_corrupt:
            raise VideoError(f"image '{printable(path.name)}' cannot be decoded: it holds no whole picture")
        yield frame


def quiet() -> None:
    """Keep FFmpeg's own messages off the terminal, unless the caller asked PyAV to log."""
    import av

    if av.logging.get_level() is None:
        av.logging.set_level(None)


def one_line(error: Exception) -> str:
    """Return why PyAV or the system refused, without the path that their full text holds."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text).splitlines()[0]
