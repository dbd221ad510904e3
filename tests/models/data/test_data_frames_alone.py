"""A network that sees one frame of Moving Shapes is near chance; given what changes, it is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from edgeconv_models.data.listing import read_listing
from edgeconv_models.data.motions import MOTIONS
from edgeconv_models.data.moving_shapes import write
from edgeconv_models.data.reading import Preprocessing, read_clip


class FrameNet(nn.Sequential):
    """Four strided convolutions and a classifier: sees a disc, a hand's angle, a lamp's colour well enough."""

    def __init__(self) -> None:
        layers: list[nn.Module] = []
        for channels, filters in ((3, 16), (16, 32), (32, 48), (48, 64)):
            layers += [nn.Conv2d(channels, filters, 3, 2, 1), nn.BatchNorm2d(filters), nn.ReLU()]
        super().__init__(*layers, nn.Flatten(), nn.Linear(64 * 4 * 4, len(MOTIONS)))


def read(folder: Path) -> tuple[Tensor, Tensor]:
    """Frames [clips, 3, T, H, W] and labels, as they come out of the codec."""
    form = Preprocessing(frames=4, size=64)
    listing = read_listing(folder)
    clips = [form.normalise(read_clip(clip.path, form)) for clip in listing.clips]
    return torch.from_numpy(np.stack(clips)) / 64, torch.tensor([clip.label for clip in listing.clips])


def accuracy_of(train: tuple[Tensor, Tensor], test: tuple[Tensor, Tensor], epochs: int) -> tuple[float, float]:
    """Of training, and of the test."""
    torch.manual_seed(0)
    network = FrameNet()
    optimizer = torch.optim.AdamW(network.parameters(), 2e-3, weight_decay=0.05)
    for _ in range(epochs):
        for rows in torch.randperm(len(train[0])).split(32):
            loss = nn.functional.cross_entropy(network(train[0][rows]), train[1][rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    network.eval()
    with torch.no_grad():
        shares = [(network(x).argmax(1) == y).float().mean().item() for x, y in (train, test)]
    return shares[0], shares[1]


@pytest.mark.nightly
def test_one_frame_tells_nothing(tmp_path: Path) -> None:
    write(tmp_path / "set", {"train": 60, "test": 40})
    (x, y), (seen, labels) = read(tmp_path / "set/train"), read(tmp_path / "set/test")
    chance, clips = 1 / len(MOTIONS), len(labels)
    limit = chance + 3 * (chance * (1 - chance) / clips) ** 0.5
    for frame in (0, 2):
        learnt, found = accuracy_of((x[:, :, frame], y), (seen[:, :, frame], labels), 12)
        assert learnt > 0.5  # it had what it takes to learn these frames by heart
        assert found < limit
    changes, unseen = (clip[:, :, 2] - clip[:, :, 1] for clip in (x, seen))
    _, found = accuracy_of((changes, y), (unseen, labels), 12)
    assert found > 2 * limit
