"""Where a value of the source lies in the lowered graph: what a comparison layer by layer stands on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from operator import mul

import numpy as np

from edgeconv.core.layout import Array, Value


@dataclass(frozen=True)
class Counterpart:
    """One source value and the first tensor that holds it.

    The tensor is the value with its axes split into pieces and these permuted: all views and memory orders that the
    layout algebra makes are of this form.
    """

    name: str
    """Of the value in the source graph."""
    tensor: str
    """In the lowered graph."""
    shape: tuple[int, ...]
    """Logical, as in the source."""
    pieces: tuple[int, ...]
    """Sizes of the pieces in memory order."""
    back: tuple[int, ...]
    """Permutation that takes the pieces to logical order."""

    def logical(self, tensor: Array) -> Array:
        """The lowered tensor as the source has it."""
        return np.asarray(tensor.reshape(self.pieces or (1,)).transpose(self.back or (0,)).reshape(self.shape))


def counterpart(name: str, value: Value | None) -> Counterpart | None:
    """None for constants and for values that were never made."""
    if value is None or not name or not value.storage.reps:
        return None
    rep = value.storage.reps[0]
    order = rep.order
    place = {atom: i for i, atom in enumerate(order)}
    back = tuple(place[a] for a in value.atoms)
    return Counterpart(name, rep.tensor, value.shape, tuple(a.size for a in order), back)


def composed(first: Counterpart, second: Counterpart, physical: tuple[int, ...]) -> Counterpart | None:
    """Two tensors that hold the same value: that of `second` as that of `first`, which has the shape `physical`.

    None where the axes are cut in ways that have no common pieces.
    """
    ends = sorted({*_ends(first), *_ends(second)})
    if any(later % earlier for earlier, later in pairwise(ends)):
        return None
    sizes = [later // earlier for earlier, later in pairwise(ends)]
    order, wanted = _fine(second, ends), _fine(first, ends)
    place = {piece: i for i, piece in enumerate(order)}
    return Counterpart(
        first.tensor, second.tensor, physical, tuple(sizes[p] for p in order), tuple(place[p] for p in wanted)
    )


def _ends(c: Counterpart) -> list[int]:
    """Elements before and behind every piece, in logical order."""
    return list(accumulate((c.pieces[place] for place in c.back), mul, initial=1))


def _fine(c: Counterpart, ends: Sequence[int]) -> list[int]:
    """The pieces between `ends`, by their number in logical order, in memory order."""
    spans = dict(zip(c.back, pairwise(_ends(c)), strict=True))
    return [
        i
        for place in range(len(c.pieces))
        for i, (start, stop) in enumerate(pairwise(ends))
        if spans[place][0] <= start and stop <= spans[place][1]
    ]
