"""Where a value of the source lies in the lowered graph: what a comparison layer by layer stands on."""

from __future__ import annotations

from dataclasses import dataclass

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
