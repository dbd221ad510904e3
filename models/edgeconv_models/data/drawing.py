"""Pictures of the scenes of Moving Shapes: colours, places and sizes differ from clip to clip, whatever its class.

Pixels are to be the same on every machine: float32 only goes through what IEEE 754 rounds exactly, and functions that
processors round differently are taken in float64.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edgeconv_models.data.motions import States

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

SIZE = 80
"""Height and width of a frame, in pixels."""

RED, BLUE = np.array((220, 40, 40), np.float32), np.array((50, 70, 230), np.float32)
PLACES = np.array([(0.27, 0.27), (0.73, 0.27), (0.27, 0.73), (0.73, 0.73)]) * SIZE
"""Centres of the quarters: dial, rings and lamp have one each."""

_ROWS, _COLUMNS = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32)


@dataclass(frozen=True)
class Look:
    """All of a scene that does not move; lengths in pixels, colours 0 to 255."""

    background: Floats
    """(SIZE, SIZE, 3)."""
    disc: Floats
    disc_radius: float
    dial: Floats
    hand: Floats
    rings: Floats
    lamp_radius: float
    places: tuple[tuple[float, float], ...]
    """x and y of dial, rings and lamp."""
    grain: float
    """Standard deviation of the noise."""


def draw_look(rng: np.random.Generator) -> Look:
    """A look by chance."""
    base, slope = _uniform(rng, (95,) * 3, (125,) * 3), _uniform(rng, (-10,) * 6, (10,) * 6)
    background: Floats = base + (_COLUMNS[..., None] * slope[:3] + _ROWS[..., None] * slope[3:]) / np.float32(SIZE)
    return Look(
        background=background,
        disc=_uniform(rng, (180, 180, 0), (255, 255, 90)),
        disc_radius=rng.uniform(7, 10),
        dial=base * np.float32(0.6),
        hand=_uniform(rng, (200,) * 3, (255,) * 3),
        rings=_uniform(rng, (0, 150, 60), (90, 240, 160)),
        lamp_radius=rng.uniform(9, 12),
        places=tuple((x, y) for x, y in (PLACES[rng.permutation(4)[:3]] + rng.uniform(-3, 3, (3, 2))).tolist()),
        grain=rng.uniform(1, 4),
    )


def _uniform(rng: np.random.Generator, low: tuple[int, ...], high: tuple[int, ...]) -> Floats:
    return rng.uniform(low, high).astype(np.float32)


def pictures(states: States, look: Look, rng: np.random.Generator) -> Iterator[Pixels]:
    """The frames, uint8 (SIZE, SIZE, 3) RGB. Noise and brightness are drawn anew for each."""
    dial, rings, lamp = look.places
    for number in range(len(states.hand)):
        picture = look.background.copy()
        x, y = (states.disc[number] * SIZE).tolist()
        _blend(picture, _disc(x, y, look.disc_radius, wrap=True), look.disc)
        _blend(picture, _disc(*dial, 16), look.dial)
        _blend(picture, _hand(*dial, 15, float(states.hand[number])), look.hand)
        _blend(picture, _rings(*rings, 18, float(states.rings[number])), look.rings)
        _blend(picture, _disc(*lamp, look.lamp_radius), _lamp_colour(float(states.lamp[number]), look))
        light = rng.uniform(0.97, 1.03)
        grain = rng.standard_normal((SIZE, SIZE, 1), np.float32) * look.grain
        noisy = picture * light + grain
        yield np.clip(noisy, 0, 255).astype(np.uint8)


def _blend(picture: Floats, cover: Floats, colour: Floats) -> None:
    picture += cover[..., None] * (colour - picture)


def _offsets(x: float, y: float, *, wrap: bool = False) -> tuple[Floats, Floats]:
    dx, dy = _COLUMNS - x, _ROWS - y
    if wrap:
        dx, dy = (dx + SIZE / 2) % SIZE - SIZE / 2, (dy + SIZE / 2) % SIZE - SIZE / 2
    return dx, dy


def _disc(x: float, y: float, radius: float, *, wrap: bool = False) -> Floats:
    """Cover 0 to 1, with an edge one pixel wide."""
    cover: Floats = np.clip(radius - _distance(*_offsets(x, y, wrap=wrap)) + 0.5, 0, 1)
    return cover


def _distance(dx: Floats, dy: Floats) -> Floats:
    distance: Floats = np.sqrt(dx * dx + dy * dy)
    return distance


def _hand(x: float, y: float, length: float, turn: float) -> Floats:
    dx, dy = _offsets(x, y)
    cos, sin = math.cos(2 * math.pi * turn), math.sin(2 * math.pi * turn)
    along, across = dx * cos + dy * sin, dy * cos - dx * sin
    outside = np.maximum(np.abs(along - length / 2) - length / 2, np.abs(across) - 2.5)
    return np.clip(0.5 - outside, 0, 1)


def _rings(x: float, y: float, radius: float, phase: float) -> Floats:
    """Rings whose radii double from one to the next; they fade at both ends, so none appears or goes at once."""
    distance = _distance(*_offsets(x, y))
    octave = np.log2((distance.astype(np.float64) + 1e-6) / radius)
    wave = (0.5 + 0.5 * np.cos(2 * np.pi * (octave - phase))).astype(np.float32)
    rings: Floats = wave * np.clip((distance - 1.5) / 2, 0, 1) * np.clip((radius - distance) / 3, 0, 1)
    return rings


def _lamp_colour(state: float, look: Look) -> Floats:
    return (RED, BLUE, look.dial)[int(state * 3)]
