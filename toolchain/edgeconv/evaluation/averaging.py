"""From the scores of views to those of videos."""

from __future__ import annotations

import numpy as np

from edgeconv.core.layout import Array


def video_scores(outputs: Array, views: int) -> Array:
    """Mean of the views' probabilities.

    Args:
        outputs: [videos · views, classes], logits, or probabilities already.
        views: of each video, one behind the other.

    Returns:
        float64 [videos, classes], each row a distribution.
    """
    values = outputs.astype(np.float64)
    if not _are_probabilities(values):
        shifted = np.exp(values - values.max(1, keepdims=True))
        values = shifted / shifted.sum(1, keepdims=True)
    averaged: Array = values.reshape(-1, views, values.shape[1]).mean(1)
    return averaged


def _are_probabilities(values: Array) -> bool:
    """An int8 softmax rounds each class to 1/256."""
    room = values.shape[1] / 512 + 1e-4
    return bool((values >= 0).all() and (np.abs(values.sum(1) - 1) <= room).all())
