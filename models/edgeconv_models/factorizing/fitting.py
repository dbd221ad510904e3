"""How the two kernels of a block get their first values from the kernel K [S, C/groups, kT, kH, kW] of a Conv3d.

``"svd"`` is the least-squares optimum of every block, ``min ||K - block.kernel()||``:

* add: the block reaches the taps on the cross of central plane and central line, each by itself, so it takes them
  over. The centre belongs to both; any way to share it is optimal, half to each has the smallest norm. What K holds
  off the cross is the error.
* concat: filters of the spatial branch take their central plane over, filters of the temporal one their line. What a
  filter holds elsewhere is the error.
* sequential: with K as a matrix [C*kH*kW, S*kT] per group, the block is a product of rank ``between``: the truncated
  singular value decomposition (Eckart-Young). The singular values are shared out to both sides by their root.

``"slice"`` takes the central plane for the spatial kernel and leaves the temporal one what keeps a frame as it is:
for add the line without its centre, for sequential the identity at its centre. For concat it is ``"svd"``.

``"random"`` draws both by He's rule from a generator of their own; nothing of K is kept.

The bias of the Conv3d is kept by the first two, and zero in the third.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from edgeconv_models.factorizing.blocks import AddConv, ConcatConv, FactorizedConv, SequentialConv

INITS = ("svd", "slice", "random")
"""Ways to give a block its first weights."""


@torch.no_grad()
def initialise(block: FactorizedConv, conv: nn.Conv3d, init: str, generator: torch.Generator) -> float | None:
    """Fill ``block``, which stands for ``conv``.

    Returns:
        ``||K - block.kernel()|| / ||K||``; None where there is nothing to compare, for ``"random"`` and on ``meta``.

    Raises:
        ValueError: there is no such init.
    """
    if init == "random":
        _draw(block, generator)
        return None
    if conv.weight.is_meta:
        return None
    kernel = conv.weight.detach().to("cpu", torch.float64)
    _FITS[init, type(block)](block, kernel)
    if conv.bias is not None:
        _take_bias(block, conv.bias)
    norm = float(kernel.norm())
    return float((kernel - block.kernel().to("cpu", torch.float64)).norm()) / norm if norm else 0.0


def _draw(block: FactorizedConv, generator: torch.Generator) -> None:
    """He's rule, fan-out, as the built-in networks are seeded."""
    for layer in (block.spatial, block.temporal):
        fan_out = layer.weight[0, 0].numel() * layer.out_channels // layer.groups
        drawn = torch.randn(layer.weight.shape, generator=generator) * math.sqrt(2 / fan_out)
        layer.weight.copy_(drawn)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


def _take_bias(block: FactorizedConv, bias: Tensor) -> None:
    if isinstance(block, ConcatConv):
        shares = torch.split(torch.unflatten(bias, 0, (block.geometry.groups, -1)), list(block.shares), 1)
        for layer, share in zip((block.spatial, block.temporal), shares, strict=True):
            assert layer.bias is not None
            layer.bias.copy_(share.flatten())
        return
    last = block.spatial if isinstance(block, AddConv) else block.temporal
    assert last.bias is not None
    last.bias.copy_(bias)


def _plane_and_line(block: FactorizedConv, kernel: Tensor) -> tuple[Tensor, Tensor]:
    """Central plane [S, C, kH, kW] and central line [S, C, kT, 1], copies."""
    time, row, column = block.geometry.centre
    return kernel[:, :, time].clone(), kernel[:, :, :, row, column, None].clone()


def _fit_add(block: FactorizedConv, kernel: Tensor) -> None:
    plane, line = _plane_and_line(block, kernel)
    time, row, column = block.geometry.centre
    plane[:, :, row, column] /= 2
    line[:, :, time] /= 2
    _fill(block, plane, line)


def _slice_add(block: FactorizedConv, kernel: Tensor) -> None:
    plane, line = _plane_and_line(block, kernel)
    line[:, :, block.geometry.centre[0]] = 0
    _fill(block, plane, line)


def _fit_concat(block: FactorizedConv, kernel: Tensor) -> None:
    assert isinstance(block, ConcatConv)
    plane, line = _plane_and_line(block, kernel)
    groups, share = block.geometry.groups, block.shares[0]
    spatial = torch.unflatten(plane, 0, (groups, -1))[:, :share].flatten(0, 1)
    temporal = torch.unflatten(line, 0, (groups, -1))[:, share:].flatten(0, 1)
    _fill(block, spatial, temporal)


def _fit_sequential(block: FactorizedConv, kernel: Tensor) -> None:
    assert isinstance(block, SequentialConv)
    g = block.geometry
    ranks = block.between // g.groups
    planes, lines = [], []
    for part in torch.unflatten(kernel, 0, (g.groups, -1)):  # [S/groups, C/groups, kT, kH, kW]
        matrix = part.permute(1, 3, 4, 0, 2).flatten(3).flatten(0, 2)  # [C*kH*kW, S*kT]
        left, values, right = torch.linalg.svd(matrix, full_matrices=False)
        roots = values[:ranks].sqrt()
        planes.append((left[:, :ranks] * roots).T.reshape(ranks, *part.shape[1:2], *part.shape[3:]))
        lines.append((right[:ranks].T * roots).reshape(*part.shape[:1], g.kernel[0], ranks).transpose(1, 2))
    _fill(block, torch.cat(planes), torch.cat(lines)[..., None])


def _slice_sequential(block: FactorizedConv, kernel: Tensor) -> None:
    """Of each group the first filters, where there are fewer channels between than filters."""
    assert isinstance(block, SequentialConv)
    g = block.geometry
    ranks, time = block.between // g.groups, g.centre[0]
    plane, _ = _plane_and_line(block, kernel)
    line = kernel.new_zeros(g.groups, g.filters // g.groups, ranks, g.kernel[0], 1)
    line[:, range(ranks), range(ranks), time] = 1
    _fill(block, torch.unflatten(plane, 0, (g.groups, -1))[:, :ranks].flatten(0, 1), line.flatten(0, 1))


def _fill(block: FactorizedConv, spatial: Tensor, temporal: Tensor) -> None:
    block.spatial.weight.copy_(spatial)
    block.temporal.weight.copy_(temporal)


_FITS: dict[tuple[str, type[FactorizedConv]], Callable[[FactorizedConv, Tensor], None]] = {
    ("svd", AddConv): _fit_add,
    ("svd", ConcatConv): _fit_concat,
    ("svd", SequentialConv): _fit_sequential,
    ("slice", AddConv): _slice_add,
    ("slice", ConcatConv): _fit_concat,
    ("slice", SequentialConv): _slice_sequential,
}
