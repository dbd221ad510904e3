"""An untrained network made fit to be measured: its BatchNorm statistics come from the calibration clips."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from edgeconv.core.layout import Array
from edgeconv.sources.outputs import first_tensor

CLIPS = 4
"""Clips used; each gives as many frames as it has to every BatchNorm of the 2D network."""


def settle(network: nn.Module, calibration: Array, seed: int) -> str:
    """Estimate BatchNorm statistics and centre the classifier on calibration clips; returns what was done, in words.

    With default statistics the activations of a deep seeded network die or explode, and parity means nothing. With
    the classifier's bias left alone all clips share one offset, which flatters every cosine.
    """
    norms = [m for m in network.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    clips = [torch.from_numpy(np.array(c)) for c in calibration[:CLIPS]]
    done = [f"UNTRAINED: seeded random weights (seed {seed})"]
    if norms:
        network.eval()
        kept = [m.momentum for m in norms]
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # the cumulative average over all clips
        hooks = [norm.register_forward_pre_hook(_learn) for norm in norms]
        with torch.no_grad():
            for clip in clips:
                network(clip)
        for norm, momentum, hook in zip(norms, kept, hooks, strict=True):
            hook.remove()
            norm.momentum = momentum
            norm.eval()
        done.append(f"BatchNorm statistics estimated on {len(clips)} calibration clips")
    head = getattr(network, "classifier", None)
    if isinstance(head, nn.Linear) and head.bias is not None:
        network.eval()
        with torch.no_grad():
            head.bias.sub_(torch.cat([first_tensor(network(clip)) for clip in clips]).mean(0))
        done.append("classifier centred on them")
    return ", ".join(done)


def _learn(norm: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
    """One value per channel has no variance (a norm behind the pooling of one clip): such a norm keeps 0 and 1."""
    norm.train(inputs[0].numel() > inputs[0].shape[1])
