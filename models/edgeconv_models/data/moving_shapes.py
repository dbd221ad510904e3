"""Moving Shapes: real, encoded clips in twelve classes that differ in motion alone (see :mod:`.motions`).

    moving-shapes/
      moving-shapes.json        seed, numbers of clips, checksum
      train/left/0000.avi ...   one folder per split and class

Each frame is encoded by itself (Motion JPEG at a fixed quality), so what the codec loses tells nothing of its
neighbours either. Every clip is drawn from its own seed: (seed, split, class, number).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from edgeconv_models.data.drawing import SIZE, Pixels, draw_look, pictures
from edgeconv_models.data.motions import MOTIONS, draw_states

FRAMES = 16
"""In every clip."""
RATE = 8
"""Frames a second."""
SPLITS = ("train", "val", "test")
CARD = "moving-shapes.json"
VERSION = 1
"""Of what a seed draws."""


def clip_pictures(seed: int, split: str, motion: str, number: int) -> list[Pixels]:
    """The frames of one clip, uint8 (SIZE, SIZE, 3) RGB; the same arguments always give the same ones."""
    rng = np.random.default_rng([VERSION, seed, SPLITS.index(split), list(MOTIONS).index(motion), number])
    look = draw_look(rng)
    return list(pictures(draw_states(motion, FRAMES, rng), look, rng))


def write(folder: Path, clips: Mapping[str, int], seed: int = 0) -> str:
    """Write the set into ``folder``, which appears as a whole or not at all.

    Args:
        folder: must not be there, or hold a set of the same seed and numbers, which is then kept.
        clips: number of clips of each class, by split.
        seed: of everything.

    Returns:
        SHA-256 over name and pixels of every clip as drawn. It depends on no codec and is the same on every machine.

    Raises:
        FileExistsError: ``folder`` holds something else.
        ValueError: an unknown split, or a number below 1.
    """
    for split, count in clips.items():
        if split not in SPLITS or count < 1:
            raise ValueError(f"{count} clips of {split!r} cannot be made; splits are {', '.join(SPLITS)}")
    card = {"version": VERSION, "seed": seed, "clips": dict(clips), "classes": list(MOTIONS)}
    if folder.exists():
        return _checksum_of(folder, card)
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}.partial-", dir=folder.parent))
    try:
        digest = hashlib.sha256()
        for split, count in clips.items():
            for motion in MOTIONS:
                (partial / split / motion).mkdir(parents=True)
                for number in range(count):
                    name = f"{split}/{motion}/{number:04d}.avi"
                    frames = clip_pictures(seed, split, motion, number)
                    digest.update(name.encode())
                    for frame in frames:
                        digest.update(frame.tobytes())
                    encode(partial / name, frames)
        card["checksum"] = digest.hexdigest()
        (partial / CARD).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
        partial.chmod(0o777 & ~_umask())
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return str(card["checksum"])


def encode(path: Path, frames: Iterable[Pixels]) -> None:
    """Write frames as Motion JPEG in AVI, each by itself and at one quality."""
    import av

    with av.open(str(path), "w", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("mjpeg", rate=RATE, options={"qmin": "3", "qmax": "3"})
        stream.width = stream.height = SIZE
        stream.pix_fmt = "yuvj420p"
        stream.codec_context.thread_count = 1
        for picture in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


def _checksum_of(folder: Path, card: Mapping[str, object]) -> str:
    """Of a set that is there."""
    try:
        found = json.loads((folder / CARD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict) or {k: found.get(k) for k in card} != card:
        raise FileExistsError(f"{folder} is there and holds something else than this set; name another folder")
    return str(found["checksum"])


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
