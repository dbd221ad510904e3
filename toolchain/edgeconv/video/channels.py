"""From three colours to as many channels as a network takes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from edgeconv.core.errors import UsageError
from edgeconv.profiles import VideoProfile

Floats = npt.NDArray[np.float32]
LUMA = {"R": 0.299, "G": 0.587, "B": 0.114}
"""ITU-R BT.601."""


def luma(color: str) -> Floats:
    """The weights of grey, float32 [1, 3], in the profile's colour order."""
    return np.array([[LUMA[letter] for letter in color]], np.float32)


def mixing(channels: int, video: VideoProfile, seed: int, *, synthetic: bool) -> Floats | None:
    """The matrix [channels, 3] over the colours; None where they stay as they are.

    One channel is grey. Any other number is a seeded mixture, which only synthetic clips may be: of real videos it
    would be made-up input behind real names. Its rows sum to 1 in magnitude, so values keep their range.

    Raises:
        UsageError: real videos for a network of neither one nor three channels.
    """
    if channels == 3:
        return None
    if channels == 1:
        return luma(video.color)
    if not synthetic:
        raise UsageError(
            f"the network takes {channels} channels, which videos do not have",
            hint="give --calibration (and --verification) a folder of .npz samples in the model's own layout",
        )
    rows = np.random.default_rng([seed, channels]).uniform(-1, 1, (channels, 3))
    mixed: Floats = (rows / np.abs(rows).sum(1, keepdims=True)).astype(np.float32)
    return mixed
