"""The classes of Moving Shapes: what moves, and how, in a scene of which a single frame tells nothing.

Every scene holds the same four things, whatever its class: a disc somewhere, a hand on a dial, rings around a point,
and a lamp that is red, blue or off. One of them moves as the class says; the others stand still. Where they are at the
start is drawn evenly from all that they can be, and all motion runs in a circle: the disc leaves at one side and comes
back at the other, the hand turns, a new ring appears inside when the outermost fades, the lamp goes through its cycle.
So at *every* moment, in *every* class, each thing is anywhere with equal chance, and independent of the others: the
distribution of a single frame is the same for all classes, by construction. Not even frame number and class together
tell anything.

The frames of a clip without their order do tell *which* thing moved; they do not tell left from right.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

TURNS = (0.45, 0.75)
"""How far a motion gets in one clip, in rounds."""


@dataclass(frozen=True)
class States:
    """Where everything is, for each of F frames; all numbers are in rounds, 0 to 1, and wrap around."""

    disc: Floats
    """(F, 2): right and down, in pictures."""
    hand: Floats
    """(F,): clockwise from the right."""
    rings: Floats
    """(F,): a ring moves outwards to where the next one was."""
    lamp: Floats
    """(F,): red in the first third, blue in the second, off in the last."""


def _along(step: tuple[int, int]) -> Callable[[Floats, np.random.Generator], dict[str, Floats]]:
    def move(way: Floats, _: np.random.Generator) -> dict[str, Floats]:
        return {"disc": way[:, None] * np.array(step, np.float64)}

    return move


def _changing(power: Callable[[Floats], Floats]) -> Callable[[Floats, np.random.Generator], dict[str, Floats]]:
    """The disc moves in any of the four directions, and its speed changes."""

    def move(way: Floats, rng: np.random.Generator) -> dict[str, Floats]:
        step = np.array([(1, 0), (-1, 0), (0, 1), (0, -1)], np.float64)[rng.integers(4)]
        return {"disc": way[-1] * power(way / way[-1])[:, None] * step}

    return move


def _round(thing: str, sense: int) -> Callable[[Floats, np.random.Generator], dict[str, Floats]]:
    def move(way: Floats, _: np.random.Generator) -> dict[str, Floats]:
        return {thing: way * sense}

    return move


MOTIONS: dict[str, Callable[[Floats, np.random.Generator], dict[str, Floats]]] = {
    "left": _along((-1, 0)),
    "right": _along((1, 0)),
    "up": _along((0, -1)),
    "down": _along((0, 1)),
    "clockwise": _round("hand", 1),
    "counterclockwise": _round("hand", -1),
    "approach": _round("rings", 1),
    "recede": _round("rings", -1),
    "red-then-blue": _round("lamp", 1),
    "blue-then-red": _round("lamp", -1),
    "speed-up": _changing(lambda t: t**2),
    "slow-down": _changing(lambda t: 2 * t - t**2),
}
"""Every class: from the way (F,) that a steady motion has gone, in rounds, to what it adds to the start."""


def draw_states(motion: str, frames: int, rng: np.random.Generator) -> States:
    """One scene of class ``motion`` over ``frames`` frames, two or more."""
    disc, hand, rings, lamp = rng.random(2), rng.random(), rng.random(), rng.random()
    moved = MOTIONS[motion](np.linspace(0, rng.uniform(*TURNS), frames), rng)
    still = np.zeros(frames)
    return States(
        disc=(disc + moved.get("disc", still[:, None])) % 1,
        hand=(hand + moved.get("hand", still)) % 1,
        rings=(rings + moved.get("rings", still)) % 1,
        lamp=(lamp + moved.get("lamp", still)) % 1,
    )
