"""Inputs on which no mistake hides: they grow along every axis, time too, and differ in every position."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgeconv.core.layout import Array


def asymmetric(shape: Sequence[int], dtype: str, random: np.random.Generator) -> Array:
    """Seeded noise on ramps, [*shape], mean 0 and deviation 1; zeros and ones where the input is an index or a mask.

    Reversed, shifted or exchanged with its neighbour, no frame, row, channel or sample is what it was.
    """
    kind = np.dtype(dtype)
    if kind.kind != "f":
        return np.asarray(random.integers(0, 2, shape)).astype(kind)
    made = random.standard_normal(shape)
    for axis, size in enumerate(shape):
        ramp = np.linspace(-0.5, 0.5, size) * (1 + axis / len(shape))
        made += ramp.reshape([-1 if i == axis else 1 for i in range(len(shape))])
    return np.asarray((made - made.mean()) / (made.std() or 1.0)).astype(kind)
