"""Interpolations that the TorchScript exporter has no word for: 'area' and 'nearest-exact'."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch.nn import functional as F

from edgeconv.sources.rewrites import rewrite
from edgeconv.sources.rewrites._bins import pool_bins

POOLS = (F.avg_pool1d, F.avg_pool2d, F.avg_pool3d)


@rewrite(F.interpolate, told="interpolations of mode area became means of bins, those of mode nearest-exact selections")
def interpolate(
    input: torch.Tensor,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,  # noqa: ARG001
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,  # noqa: ARG001
) -> Any:
    """Area is the adaptive average pool to the wanted size; nearest-exact picks what lies under each middle."""
    if mode not in ("area", "nearest-exact"):
        return NotImplemented
    sizes = [int(n) for n in input.shape[2:]]
    axes = len(sizes)
    if size is not None:
        wanted = [size] * axes if isinstance(size, int) else [int(n) for n in size]
        steps = [n / w for n, w in zip(sizes, wanted, strict=True)]
    else:
        scales = list(scale_factor) if isinstance(scale_factor, Sequence) else [float(scale_factor or 1)] * axes
        wanted = [int(n * s) for n, s in zip(sizes, scales, strict=True)]
        steps = [n / w if recompute_scale_factor else 1 / s for n, w, s in zip(sizes, wanted, scales, strict=True)]
    if mode == "area":
        return pool_bins(input, wanted, POOLS[axes - 1], lambda tensor, axis: tensor.mean(axis, keepdim=True))
    for axis, (n, want, step) in enumerate(zip(sizes, wanted, steps, strict=True), start=2):
        picked = [min(int((i + 0.5) * step), n - 1) for i in range(want)]
        input = input.index_select(axis, torch.tensor(picked, device=input.device))
    return input
