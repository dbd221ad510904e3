"""Scores of views become those of videos."""

from __future__ import annotations

import numpy as np

from edgeconv.evaluation import video_scores


def test_logits_become_probabilities_before_they_are_averaged() -> None:
    """One view that is certain outweighs two that waver; a mean of logits would say otherwise."""
    logits = np.array([[9.0, 0, 0], [0, 1.2, 0], [0, 1.2, 0], [0, 0, 7.0], [0, 0, 7.0], [0, 0, 7.0]], np.float32)
    expected = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    found = video_scores(logits, 3)
    np.testing.assert_allclose(found, [expected[:3].mean(0), expected[3:].mean(0)], rtol=1e-6)
    np.testing.assert_allclose(found.sum(1), 1)


def test_probabilities_are_taken_as_they_are() -> None:
    given = np.array([[0.7, 0.2, 0.1], [0.1, 0.2, 0.7]], np.float32)
    np.testing.assert_allclose(video_scores(given, 2), [[0.4, 0.2, 0.4]], rtol=1e-6)
    rounded = np.round(given * 256) / 256  # an int8 softmax
    np.testing.assert_allclose(video_scores(rounded, 1), rounded)


def test_large_logits_do_not_overflow() -> None:
    assert video_scores(np.array([[1e4, 0.0, -1e4]]), 1).tolist() == [[1.0, 0.0, 0.0]]
