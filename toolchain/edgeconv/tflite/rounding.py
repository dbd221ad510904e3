"""Weights rounded with regard to what they will be multiplied with.

Nearest rounding spreads its error evenly. But inputs are not white: after a ReLU they have a mean, and neighbouring
pixels are alike. Both rules below need only moments of the float inputs and change nothing in the file's form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from edgeconv.core.layout import Array

DAMPING = 0.01
"""Added to the diagonal, as a share of its mean: moments come from a sample."""


@dataclass(frozen=True)
class InputMoments:
    """What calibration saw at the input of one weighted operator."""

    mean: Array
    """[C]"""
    moments: Array | None = None
    """[C, K, K]: second moments over the K kernel positions of each channel; K = 1: [1, C, C] over the channels."""

    def split(self, groups: int) -> list[InputMoments]:
        """Those of equal runs of channels."""
        size = len(self.mean) // groups
        runs = [slice(g * size, (g + 1) * size) for g in range(groups)]
        if self.moments is None:
            return [InputMoments(self.mean[r]) for r in runs]
        over_channels = len(self.moments) != len(self.mean)
        return [InputMoments(self.mean[r], self.moments[:, r, r] if over_channels else self.moments[r]) for r in runs]


def read_moments(arrays: Mapping[str, Array]) -> dict[str, InputMoments]:
    names = {key.rpartition("|")[0] for key in arrays}
    return {n: InputMoments(arrays[f"{n}|mean"], arrays.get(f"{n}|moments")) for n in sorted(names)}


def round_weights(weight: Array, moments: Array) -> Array:
    """Round [O, K, C], given in units of its step, so that the expected squared output error is small.

    Position by position, what rounding did is made up for by the positions still open, by the ratio that the input's
    second moments imply (the column-wise scheme of optimal brain surgeon, as in GPTQ, arXiv 2210.17323), within each
    channel for real kernels and over all channels for 1x1 ones.
    """
    if weight.shape[1] == 1:
        return _feed_back(weight.transpose(0, 2, 1), moments).transpose(0, 2, 1)
    return _feed_back(weight, moments)


def _feed_back(weight: Array, moments: Array) -> Array:
    """[O, K, C] with moments [C, K, K]."""
    k = weight.shape[1]
    diagonal = np.trace(moments, axis1=1, axis2=2) / k
    damped = moments + np.eye(k) * (DAMPING * diagonal + 1e-9)[:, None, None]
    # Upper factor U of the inverse, U' U = H^-1; its row p tells how later positions make up for position p.
    factor = np.linalg.cholesky(np.linalg.inv(damped)).transpose(0, 2, 1)
    # [K, O, C], so that what is still open lies together; float32 is ample for values in units of a step.
    ratio = (factor / np.einsum("ckk->ck", factor)[:, :, None]).astype(np.float32)
    open_ = np.ascontiguousarray(weight.transpose(1, 0, 2), np.float32)
    rounded = np.empty_like(open_)
    for p in range(k):
        np.clip(np.round(open_[p]), -127, 127, out=rounded[p])
        error = open_[p] - rounded[p]
        for later in range(p + 1, k):
            open_[later] -= error * ratio[:, p, later]
    return rounded.transpose(1, 0, 2)


def bias_correction(error: Array, mean: Array) -> Array:
    """What the rounding error of a weight adds to each output on average: error [O, K, C] times the input's mean [C].

    Subtracted from the bias, it removes the constant part of the error (arXiv 1906.04721, section 4.2).
    """
    return np.asarray(error.sum(1) @ mean)
