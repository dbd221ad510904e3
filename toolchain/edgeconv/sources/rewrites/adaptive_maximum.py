"""Adaptive maximum pools."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
from torch.nn import functional as F

from edgeconv.sources.rewrites import rewrite
from edgeconv.sources.rewrites._bins import Pool, pool_bins, wanted_sizes

TOLD = "adaptive maximum pools became maximum pools where the bins are even, and maxima of slices where they are not"


def adaptive_maximum(
    axes: int, pool: Pool, input: torch.Tensor, output_size: int | Sequence[int | None], return_indices: bool = False
) -> Any:
    """All but those whose indices are wanted."""
    if return_indices:
        return NotImplemented
    wanted = wanted_sizes(output_size, input.shape[-axes:])
    return pool_bins(input, wanted, pool, lambda tensor, axis: tensor.amax(axis, keepdim=True))


rewrite(F.adaptive_max_pool1d, told=TOLD)(partial(adaptive_maximum, 1, F.max_pool1d))
rewrite(F.adaptive_max_pool2d, told=TOLD)(partial(adaptive_maximum, 2, F.max_pool2d))
rewrite(F.adaptive_max_pool3d, told=TOLD)(partial(adaptive_maximum, 3, F.max_pool3d))
