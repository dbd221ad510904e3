"""By construction a single frame of Moving Shapes tells nothing of its class; the order of the frames does."""

import numpy as np
import pytest

from edgeconv_models.data.motions import MOTIONS, TURNS, States, draw_states

CLIPS, FRAMES = 400, 7


@pytest.fixture(scope="module")
def drawn() -> dict[str, list[States]]:
    return {m: [draw_states(m, FRAMES, np.random.default_rng([5, i])) for i in range(CLIPS)] for m in MOTIONS}


def values(states: States, frame: int) -> tuple[float, ...]:
    return (*states.disc[frame], states.hand[frame], states.rings[frame], states.lamp[frame])


@pytest.mark.parametrize("frame", [0, 3, 6])
@pytest.mark.parametrize("motion", sorted(MOTIONS))
def test_everything_is_anywhere_at_any_time(drawn: dict[str, list[States]], motion: str, frame: int) -> None:
    """Kolmogorov-Smirnov against the even distribution, and no pair of things depends on each other."""
    found = np.array([values(s, frame) for s in drawn[motion]])
    assert ((found >= 0) & (found < 1)).all()
    for column in found.T:
        distance = np.abs(np.sort(column) - (np.arange(CLIPS) + 0.5) / CLIPS).max()
        assert distance < 1.95 / CLIPS**0.5  # one in a thousand
    circle = np.exp(2j * np.pi * found)
    for first in range(5):
        for second in range(first):
            for other in (circle[:, second], circle[:, second].conj()):
                assert abs((circle[:, first] * other).mean()) < 3.7 / CLIPS**0.5


@pytest.mark.parametrize(
    ("motion", "thing", "step"),
    [
        ("left", "disc", (-1, 0)),
        ("right", "disc", (1, 0)),
        ("up", "disc", (0, -1)),
        ("down", "disc", (0, 1)),
        ("clockwise", "hand", 1),
        ("counterclockwise", "hand", -1),
        ("approach", "rings", 1),
        ("recede", "rings", -1),
        ("red-then-blue", "lamp", 1),
        ("blue-then-red", "lamp", -1),
    ],
)
def test_one_thing_moves_and_the_others_stand(
    drawn: dict[str, list[States]], motion: str, thing: str, step: tuple[int, int] | int
) -> None:
    for states in drawn[motion]:
        for name in ("disc", "hand", "rings", "lamp"):
            way = np.diff(getattr(states, name), axis=0)
            way = (way + 0.5) % 1 - 0.5
            if name != thing:
                assert np.abs(way).max() == 0
            else:  # evenly
                assert np.allclose(way, way[0])
                assert np.allclose(np.sign(way[0].round(9)), step)
                assert TURNS[0] <= np.abs(way.sum(0)).max() <= TURNS[1]


@pytest.mark.parametrize(("motion", "sense"), [("speed-up", 1), ("slow-down", -1)])
def test_the_speed_changes(drawn: dict[str, list[States]], motion: str, sense: int) -> None:
    directions = set()
    for states in drawn[motion]:
        way = (np.diff(states.disc, axis=0) + 0.5) % 1 - 0.5
        assert (np.diff(np.abs(way).max(1)) * sense > 0).all()
        directions.add(tuple(np.sign(way.sum(0).round(9))))
    assert directions == {(1, 0), (-1, 0), (0, 1), (0, -1)}
