"""Adaptive average pools."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
from torch.nn import functional as F

from edgeconv.sources.rewrites import rewrite
from edgeconv.sources.rewrites._bins import Pool, one_value, pool_bins, wanted_sizes

TOLD = "adaptive average pools became average pools where the bins are even, and means of slices where they are not"


def adaptive_average(axes: int, pool: Pool, input: torch.Tensor, output_size: int | Sequence[int | None]) -> Any:
    """All but pools to a single value, which both exporters know as the global pool."""
    if one_value(output_size):
        return NotImplemented
    wanted = wanted_sizes(output_size, input.shape[-axes:])
    return pool_bins(input, wanted, pool, lambda tensor, axis: tensor.mean(axis, keepdim=True))


_ATEN = torch.ops.aten  # what the functions are in an exported program
rewrite(F.adaptive_avg_pool1d, _ATEN.adaptive_avg_pool1d.default, told=TOLD)(partial(adaptive_average, 1, F.avg_pool1d))
rewrite(F.adaptive_avg_pool2d, _ATEN.adaptive_avg_pool2d.default, told=TOLD)(partial(adaptive_average, 2, F.avg_pool2d))
rewrite(F.adaptive_avg_pool3d, _ATEN.adaptive_avg_pool3d.default, told=TOLD)(partial(adaptive_average, 3, F.avg_pool3d))
