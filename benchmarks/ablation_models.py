"""Networks that only the ablation needs."""

from __future__ import annotations

from typing import Any

from torch import nn

from edgeconv_models import eco_lite_4d_add
from edgeconv_models.blocks import AddBlock


def frames_only(seed: int = 0, **settings: Any) -> nn.Module:
    """ECO-Lite 4D-add whose temporal branches are zero and stay so: it sees the frames of a clip without order."""
    network = eco_lite_4d_add(seed=seed, **settings)
    for block in network.modules():
        if isinstance(block, AddBlock):
            for parameter in block.temporal.parameters():
                nn.init.zeros_(parameter)
                parameter.requires_grad_(False)
    return network
