"""How a tensor lies in strip form: its own bytes, with room behind every frame."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

Shape = tuple[int, ...]
LARGEST_AXIS = 65535
"""Vela 4 takes no longer axis; where there is a choice, axes stay below."""


class Rezero(str, Enum):
    """How the gap is cleared before an operator that reads it."""

    CUT = "cut"
    """It is sliced off and padded anew: no multiplication, the shortest strips."""
    MASK = "mask"
    """It is multiplied with 0: one pass instead of two, and strided layers keep it."""
    AUTO = "auto"
    """For the tensors of each size of frame what costs less, all told."""


Choice = Mapping[int, Rezero]
"""CUT or MASK by size of frame; CUT for any that is not named."""


def pixels(shape: Shape) -> int:
    """Rows times columns of a frame in [F, H, W, C] or [1, T, H·W, C]: what is chosen alike."""
    return 0 if len(shape) != 4 else shape[2] if shape[0] == 1 else shape[1] * shape[2]


@dataclass(frozen=True)
class Form:
    """One tensor of the strip graph that holds a tensor of the frames graph, in some view."""

    tensor: str
    frames: int = 1
    tail: int = 0
    """Elements behind each frame; 0: the same bytes as in the frames graph."""
    clean: bool = True
    """What lies in the tail is 0."""


@dataclass(frozen=True)
class Stretched:
    """A shape whose frames got tails."""

    shape: Shape
    axis: int
    """The axis that grew."""
    count: int
    """Frames along it: 1, or more where frames were merged with rows."""
    rows: int
    """Steps of one frame along it, before it grew."""
    pitch: int
    """The same after."""


def stretched(shape: Shape, frames: int, tail: int) -> Stretched | None:
    """Where the tails of the frames lie in a view of this shape; None where no axis holds them."""
    before = 1
    for axis, size in enumerate(shape):
        if before * size > frames:
            count, inner = frames // before, math.prod(shape[axis + 1 :])
            if frames % before or size % count or tail % inner:
                return None
            rows = size // count
            pitch = rows + tail // inner
            return Stretched((*shape[:axis], count * pitch, *shape[axis + 1 :]), axis, count, rows, pitch)
        before *= size
    return None


def fits(shape: Shape) -> bool:
    """Batch 1: what comes before the three innermost axes is 1."""
    return math.prod(shape[:-3]) == 1


@dataclass(frozen=True)
class Place:
    """Where an axis went."""

    axis: int
    times: int
    over: int = 1

    def steps(self, count: int) -> int:
        """Steps along it there."""
        return count * self.times // self.over


@dataclass(frozen=True)
class Grouped:
    """A view of batch 1 and rank 4: axes merged into three, or split where they are too long."""

    shape: Shape
    place: dict[int, Place]
    """Of every axis that an operator works along."""


def grouped(shape: Shape, axes: Collection[int], grain: int = 1, channels: int = 1) -> Grouped | None:
    """The view in which an operator can work along `axes`, rows and channels apart if possible; None: too many axes.

    Args:
        grain: what all steps along the last axis are a multiple of: it may be split there.
        channels: as it is best split (Vela 4.5 crashes where a convolution is viewed with merged channels).
    """
    last = len(shape) - 1
    natural = len(shape) < 4 and grain % channels == 0 and shape[-1] // channels <= LARGEST_AXIS
    lane = channels if natural else _lane(shape[-1], grain)
    if lane > 1:
        shape = (*shape[:-1], shape[-1] // lane, lane)
    if fits(shape) and len(shape) <= 4:
        lead = 4 - len(shape)
        found = [Grouped((*[1] * lead, *shape), {a: Place(a + lead, 1) for a in axes})]
    else:
        end = len(shape) - 1
        extra = ({end, end - 1}, {end, *(a + 1 for a in axes if a < end)}, {end}, set[int]())
        found = [g for e in extra if (g := _split(shape, axes, {*axes, *e})) is not None]
    best = next((g for g in found if max(g.shape) <= LARGEST_AXIS), found[0] if found else None)
    if best is None or lane == 1 or last not in best.place:
        return best
    return Grouped(best.shape, {**best.place, last: Place(best.place[last].axis, best.place[last].times, lane)})


def _lane(size: int, grain: int) -> int:
    """Smallest part of the grain that makes a long axis short enough; of sixteen, if possible, as NPUs work."""
    lanes = [n for n in range(2, grain + 1) if grain % n == 0 and size // n <= LARGEST_AXIS and n <= LARGEST_AXIS]
    if size <= LARGEST_AXIS or not lanes:
        return 1
    return next((n for n in lanes if n % 16 == 0), lanes[0])


def _split(shape: Shape, axes: Collection[int], starts: Collection[int]) -> Grouped | None:
    bounds = sorted({a for a in starts if a > 0})
    runs = [range(a, b) for a, b in itertools.pairwise([0, *bounds, len(shape)])]
    runs = [r for r in runs if math.prod(shape[i] for i in r) > 1 or any(a in r for a in axes)]
    if len(runs) > 3:
        return None
    lead = 4 - len(runs)
    place = {
        a: Place(lead + n, math.prod(shape[i] for i in r if i > a)) for n, r in enumerate(runs) for a in axes if a in r
    }
    return Grouped((*[1] * lead, *(math.prod(shape[i] for i in r) for r in runs)), place)


def common_view(shapes: Sequence[Shape], out: Shape) -> list[Shape] | None:
    """Views of batch 1 for the operands (and the result, last) of a broadcast; None: they vary on too many axes."""
    aligned = [(*[1] * (len(out) - len(s)), *s) for s in (*shapes, out)]
    if fits(out) and len(out) <= 4:
        return [*shapes, out]
    signature = [tuple(s[a] > 1 for s in aligned) for a in range(len(out))]
    live = [a for a in range(len(out)) if out[a] > 1]
    splits = {b for a, b in itertools.pairwise(live) if signature[a] != signature[b]}
    for more in ({len(out) - 1, len(out) - 2}, {len(out) - 1}, set[int]()):
        starts = sorted(splits | (more & set(live[1:])))
        if len(starts) <= 2:
            bounds = [0, *starts, len(out)]
            lead = (1,) * (4 - len(bounds) + 1)
            return [(*lead, *(math.prod(s[a:b]) for a, b in itertools.pairwise(bounds))) for s in aligned]
    return None
