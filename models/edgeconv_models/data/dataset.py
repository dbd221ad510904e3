"""Labelled clips for a PyTorch DataLoader: decoded when they are asked for, so memory does not grow with the set."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from edgeconv_models.data.errors import DataError
from edgeconv_models.data.listing import Listing
from edgeconv_models.data.reading import Augmentation, Preprocessing, check_clip, read_clip


class ClipDataset(Dataset[tuple[Tensor, int]]):
    """Clip float32 (3, T, H, W) and label.

    What chance does to a clip depends on the seed, the epoch and the clip alone, not on workers or order.

    Args:
        listing: the videos.
        form: what the network expects.
        augmentation: left out, every clip is its centre frames and centre crop.
        seed: of the augmentation.
    """

    def __init__(
        self, listing: Listing, form: Preprocessing, augmentation: Augmentation | None = None, seed: int = 0
    ) -> None:
        self.listing, self.form, self.augmentation, self.seed = listing, form, augmentation, seed
        self.epoch = 0

    def __len__(self) -> int:
        return len(self.listing.clips)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        clip = self.listing.clips[index]
        rng = np.random.default_rng([self.seed, self.epoch, index])
        pixels = read_clip(clip.path, self.form, self.augmentation, rng)
        return torch.from_numpy(self.form.normalise(pixels)), clip.label


def check_clips(listing: Listing, threads: int = 4) -> None:
    """Open every video and decode its first frame, so that a long run does not end at a bad file.

    Raises:
        DataError: with every video that cannot be used.
    """
    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(lambda clip: check_clip(clip.path), listing.clips))
    reasons = [reason for reason in found if reason]
    if reasons:
        raise DataError(f"{len(reasons)} of {len(found)} videos cannot be used", reasons)
