"""Random weights that hide nothing: no identity BatchNorm, no zero branch, no symmetry."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd

_AFFINE = (_BatchNorm, nn.GroupNorm, nn.LayerNorm, nn.modules.instancenorm._InstanceNorm)


def randomise(network: nn.Module, clips: list[list[torch.Tensor]], seed: int) -> nn.Module:
    """Seeded weights for every parameter; BatchNorm statistics come from `clips`, then are shaken.

    Statistics of the clips themselves keep the activations of a deep network near one; shaken, no BatchNorm normalises
    exactly, and an error in folding one shows.
    """
    torch.manual_seed(seed)
    network.eval()
    for module in network.modules():
        if isinstance(module, (_ConvNd, nn.Linear)):
            nn.init.kaiming_normal_(module.weight)
            if module.bias is not None:
                nn.init.normal_(module.bias, std=0.1)
        elif isinstance(module, _AFFINE) and module.weight is not None:
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.2)
        elif isinstance(module, nn.PReLU):
            nn.init.uniform_(module.weight, 0.05, 0.4)
    for name, parameter in network.named_parameters():
        if not parameter.any():  # tables and tokens that start at zero
            nn.init.normal_(parameter, std=0.02 if "pos" in name or "token" in name else 0.1)
    _settle([m for m in network.modules() if isinstance(m, _BatchNorm)], network, clips)
    return network


def _settle(norms: list[_BatchNorm], network: nn.Module, clips: list[list[torch.Tensor]]) -> None:
    hooks = [norm.register_forward_pre_hook(_learn) for norm in norms]
    for norm in norms:
        norm.momentum = None  # the mean over all clips
    with torch.no_grad():
        for clip in clips:
            network(*clip)
        for norm, hook in zip(norms, hooks, strict=True):
            hook.remove()
            norm.eval()
            norm.momentum = 0.1
            spread = norm.running_var
            spread += 0.5 * norm.running_mean**2  # a mean far above the deviation would magnify rounding
            spread.clamp_(min=0.1 * float(spread.mean()) + 1e-3)
            norm.running_mean += 0.3 * spread.sqrt() * torch.randn_like(norm.running_mean)
            spread *= torch.empty_like(spread).uniform_(0.6, 1.6)


def _learn(norm: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
    """One value per channel has no variance: such a norm keeps what it has."""
    norm.train(inputs[0].numel() > inputs[0].shape[1])


def clips(shapes: tuple[tuple[int, ...], ...], layout: str, count: int, seed: int) -> list[list[np.ndarray]]:
    """`count` seeded samples for all inputs: noise on slow waves that grow over time, so that reversed time shows."""
    random = np.random.default_rng(seed)
    return [[_clip(shape, layout, random) for shape in shapes] for _ in range(count)]


def _clip(shape: tuple[int, ...], layout: str, random: np.random.Generator) -> np.ndarray:
    size = dict(zip(layout, shape, strict=True))
    axes = {a: np.linspace(0, 1, size[a]).reshape([-1 if b == a else 1 for b in layout]) for a in "THW"}
    phase, speed, fy, fx = random.uniform(0, 6), random.uniform(2, 9), *random.uniform(2, 12, 2)
    wave = np.sin(phase + speed * axes["T"] ** 2 + fy * axes["H"] + fx * axes["W"])
    noise = random.standard_normal(shape)
    return ((0.4 + axes["T"]) * (wave + 0.6 * noise)).astype(np.float32)
