"""Write real, encoded videos of moving shapes, for exports without any calibration folder.

Every video has a direction in time (things grow, speed up, change colour, appear), so that a model that mixes up its
temporal axis gives other numbers. They are a stand-in that exercises the whole road; real footage calibrates better.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edgeconv.core.errors import ToolError
from edgeconv.video.decode import Pixels, quiet
from edgeconv.video.preprocess import BILINEAR_EXACT

Floats = npt.NDArray[np.float64]

WIDTH, HEIGHT, RATE = 320, 256, 24
FRAME_COUNTS = (32, 40, 48)
MOTIONS = ("slide", "spin", "grow", "recolour", "crowd", "pan", "fall", "appear")
KINDS = ("disc", "box", "ring", "triangle", "bar")
MARGIN = 64
"""Pixels by which textures are larger than the picture, for moving them."""


@dataclass(frozen=True)
class Shape:
    """One moving shape; positions and sizes in pixels, time t runs from 0 to 1, angles in radians.

    At time t: centre = at + velocity·t + acceleration·t², half size = size·(1 + growth·t), angle = angle + spin·t,
    colour mixes linearly from the first to the second. Drawn while born ≤ t.
    """

    kind: str
    at: Floats
    velocity: Floats
    acceleration: Floats
    size: float
    growth: float
    angle: float
    spin: float
    colours: Floats
    born: float

    def draw(self, picture: Pixels, t: float) -> None:
        """Paint onto ``picture``, uint8 (HEIGHT, WIDTH, 3), touching only the box around the shape."""
        if t < self.born:
            return
        x, y = self.at + self.velocity * t + self.acceleration * t * t
        radius = self.size * (1 + self.growth * t)
        reach = 1.5 * radius
        left, right = (int(np.clip(v, 0, WIDTH)) for v in (x - reach, x + reach + 1))
        top, bottom = (int(np.clip(v, 0, HEIGHT)) for v in (y - reach, y + reach + 1))
        if left >= right or top >= bottom:
            return
        dx = (np.arange(left, right, dtype=np.float32) - np.float32(x)) / np.float32(radius)
        dy = (np.arange(top, bottom, dtype=np.float32)[:, None] - np.float32(y)) / np.float32(radius)
        angle = self.angle + self.spin * t
        cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
        mask = _inside(self.kind, dx * cos + dy * sin, dy * cos - dx * sin)
        colour = self.colours[0] + (self.colours[1] - self.colours[0]) * t
        picture[top:bottom, left:right][mask] = colour.astype(np.uint8)


def write_synthetic(folder: Path, role: str, count: int, seed: int) -> tuple[Path, ...]:
    """Write ``count`` videos into ``folder`` (made when missing) and return their paths.

    MPEG-4 in MP4, 320×256, 24 frames a second, 32 to 48 frames. Motions take turns through :data:`MOTIONS`;
    ``role`` and ``seed`` choose all else, so two roles share no video.

    Raises:
        ToolError: the folder or a video cannot be written.
    """
    import av

    quiet()
    paths = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(count):
            motion = MOTIONS[number % len(MOTIONS)]
            path = folder / f"{role}-{number:02d}-{motion}.mp4"
            rng = np.random.default_rng([seed, zlib.crc32(role.encode()), number])
            look = choose_look(number, rng)
            _encode(path, render(motion, FRAME_COUNTS[number % len(FRAME_COUNTS)], look, rng))
            paths.append(path)
    except (av.error.FFmpegError, OSError) as error:
        raise ToolError(
            f"synthetic videos cannot be written to '{folder}': {error.strerror}",
            hint="free some space there, or name a calibration folder with real videos",
        ) from error
    return tuple(paths)


@dataclass(frozen=True)
class Look:
    """The low-level statistics of one video; a network's activations follow them more than anything that moves."""

    brightness: float
    """Mean of the background, 0..255."""
    contrast: float
    """Half width of the background's values."""
    detail: int
    """Random values along the width of the background: few make it smooth, many fine."""
    grain: float
    """Standard deviation of the noise."""
    crowd: int
    """Number of shapes."""


def choose_look(number: int, rng: np.random.Generator) -> Look:
    """Every eight videos in a row cover each property: dark to bright, flat to harsh, smooth to fine."""

    def level(stride: int) -> float:
        return float((number * stride % 8 + rng.uniform()) / 8)

    return Look(
        brightness=40 + 170 * level(3),
        contrast=20 * 9 ** level(5),
        detail=round(4 * 20 ** level(7)),
        grain=1.5 * 16 ** level(1),
        crowd=2 + round(8 * level(3)),
    )


def render(motion: str, frames: int, look: Look, rng: np.random.Generator) -> Iterator[Pixels]:
    """Yield the frames of one video, uint8 (HEIGHT, WIDTH, 3) RGB."""
    texture = _texture(look, rng)
    drift = rng.choice((-1.0, 1.0), 2) * (MARGIN * 0.45 if motion == "pan" else rng.uniform(2, 12))
    grain = (rng.standard_normal((HEIGHT + MARGIN, WIDTH + MARGIN, 1)) * look.grain).astype(np.int16)
    shapes = [_shape(motion, rng) for _ in range(look.crowd + 4 if motion == "crowd" else look.crowd)]
    for number in range(frames):
        t = number / (frames - 1)
        top, left = (int(MARGIN / 2 + d * t * (1 + t) / 2) for d in drift)
        picture = texture[top : top + HEIGHT, left : left + WIDTH].copy()
        for shape in shapes:
            shape.draw(picture, t)
        down, right = (int(v) for v in rng.integers(0, MARGIN, 2))
        noisy = picture + grain[down : down + HEIGHT, right : right + WIDTH]
        yield np.clip(noisy, 0, 255).astype(np.uint8)


def _shape(motion: str, rng: np.random.Generator) -> Shape:
    still = np.zeros(2)
    heading = rng.uniform(0, 2 * np.pi)
    towards: Floats = np.array((np.cos(heading), np.sin(heading)))
    at: Floats = np.array((WIDTH, HEIGHT)) / 2 + rng.uniform(-60, 60, 2)
    colours = rng.uniform(20, 250, (2, 3))
    if motion != "recolour":
        colours[1] = np.clip(colours[0] + rng.uniform(-40, 40, 3), 0, 255)
    velocity: Floats = towards * rng.uniform(10, 40)
    acceleration: Floats = towards * rng.uniform(10, 30)
    if motion == "slide":
        at, velocity, acceleration = at - towards * 70, towards * 60, towards * rng.uniform(60, 110)
    elif motion == "fall":
        at[1] = rng.uniform(20, 50)
        velocity, acceleration = np.array((rng.uniform(-60, 60), 0.0)), np.array((0.0, rng.uniform(140, 190)))
    elif motion in ("grow", "spin"):
        velocity = velocity * 0.3
    return Shape(
        kind=str(rng.choice(KINDS[1:] if motion == "spin" else KINDS)),
        at=at,
        velocity=velocity,
        acceleration=still if motion == "spin" else acceleration,
        size=rng.uniform(12, 24) if motion == "grow" else rng.uniform(18, 45),
        growth=rng.uniform(2.0, 3.5) if motion == "grow" else rng.uniform(-0.2, 0.6),
        angle=rng.uniform(0, 2 * np.pi),
        spin=rng.uniform(3, 6) if motion == "spin" else rng.uniform(-0.8, 0.8),
        colours=colours,
        born=rng.uniform(0.2, 0.7) if motion == "appear" else 0.0,
    )


def _inside(kind: str, u: npt.NDArray[np.float32], v: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Return the bool mask of a shape of half size 1 at the coordinates ``u``, ``v`` of its own frame."""
    if kind == "disc":
        return u * u + v * v < 1
    if kind == "ring":
        distance = u * u + v * v
        return (distance < 1) & (distance > 0.35)
    if kind == "triangle":
        return (v < 0.7) & (v + 1 > 1.6 * np.abs(u))
    if kind == "bar":
        return (np.abs(u) < 1.3) & (np.abs(v) < 0.35)
    return (np.abs(u) < 0.95) & (np.abs(v) < 0.8)


def _texture(look: Look, rng: np.random.Generator) -> Pixels:
    """Return a random texture, uint8 (HEIGHT + MARGIN, WIDTH + MARGIN, 3)."""
    points = look.detail, max(3, look.detail * WIDTH // HEIGHT)
    base = look.brightness + rng.uniform(-35, 35, 3)
    coarse = base + rng.uniform(-look.contrast, look.contrast, (*points, 3))
    rows, columns = _stretch(points[0], HEIGHT + MARGIN), _stretch(points[1], WIDTH + MARGIN)
    smooth: Floats = np.einsum("yi,ijc,xj->yxc", rows, coarse, columns, optimize=True)
    return np.clip(smooth, 0, 255).astype(np.uint8)


def _stretch(points: int, pixels: int) -> Floats:
    """Return the linear interpolation matrix, float64 (pixels, points)."""
    place = np.linspace(0, points - 1, pixels)[:, None]
    return np.clip(1 - np.abs(place - np.arange(points)), 0, 1)


def _encode(path: Path, frames: Iterator[Pixels]) -> None:
    import av

    with av.open(str(path), "w", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("mpeg4", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.thread_count = 1
        stream.bit_rate = 4_000_000
        for picture in frames:
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            container.mux(stream.encode(frame.reformat(format="yuv420p", interpolation=BILINEAR_EXACT)))
        container.mux(stream.encode())
