"""An untrained network made fit to be measured: its BatchNorm statistics come from the calibration clips."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from edgeconv.sources.outputs import named_tensors

CLIPS = 4
"""Clips used; each gives as many frames as it has to every BatchNorm of the 2D network."""


def settle(
    network: nn.Module, samples: Sequence[tuple[torch.Tensor, ...]], seed: int, runner: nn.Module | None = None
) -> str:
    """Estimate BatchNorm statistics and centre the classifier on calibration clips; returns what was done, in words.

    With default statistics the activations of a deep seeded network die or explode, and parity means nothing. With
    the classifier's bias left alone all clips share one offset, which flatters every cosine.

    Args:
        network: it is changed.
        samples: the inputs of the network, one tuple per clip; :data:`CLIPS` of them are used.
        seed: for the words.
        runner: calls the network with the tensors of a sample, where it does not take them one by one itself.
    """
    norms = [m for m in network.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    norms = [m for m in norms if m.track_running_stats]
    samples, run = samples[:CLIPS], runner or network
    done = [f"UNTRAINED: seeded random weights (seed {seed})"]
    if norms:
        network.eval()
        kept = [m.momentum for m in norms]
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # the cumulative average over all clips
        hooks = [norm.register_forward_pre_hook(_learn) for norm in norms]
        with torch.no_grad():
            for sample in samples:
                run(*sample)
        for norm, momentum, hook in zip(norms, kept, hooks, strict=True):
            hook.remove()
            norm.momentum = momentum
            norm.eval()
        done.append(f"BatchNorm statistics estimated on {len(samples)} calibration clips")
    head = getattr(network, "classifier", None)
    if isinstance(head, nn.Linear) and head.bias is not None:
        network.eval()
        with torch.no_grad():
            logits = [next(iter(named_tensors(run(*sample)).values())) for sample in samples]
            if logits[0].dim() == 2 and logits[0].shape[1] == len(head.bias):
                head.bias.sub_(torch.cat(logits).mean(0))
                done.append("classifier centred on them")
    return ", ".join(done)


def _learn(norm: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
    """One value per channel has no variance (a norm behind the pooling of one clip): such a norm keeps 0 and 1."""
    norm.train(inputs[0].numel() > inputs[0].shape[1])
