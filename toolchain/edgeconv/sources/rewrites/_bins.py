"""Adaptive pools cut every axis into bins; the bins of several axes are boxes, so one axis after the other may do."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

Pool = Callable[[torch.Tensor, list[int]], torch.Tensor]
"""Pools windows of these sizes, which do not overlap, over the last axes."""
Reduce = Callable[[torch.Tensor, int], torch.Tensor]
"""Reduces one axis to size 1."""


def one_value(asked: int | Sequence[int | None]) -> bool:
    return asked == 1 or (isinstance(asked, (tuple, list)) and all(want == 1 for want in asked))


def wanted_sizes(asked: int | Sequence[int | None] | None, sizes: Sequence[int]) -> list[int]:
    """The output sizes of an adaptive pool: None keeps the size of the input."""
    each: list[int | None] = [asked] * len(sizes) if isinstance(asked, int) else list(asked or (None,))
    if len(each) == 1:
        each *= len(sizes)
    return [int(size if want is None else want) for want, size in zip(each, sizes, strict=True)]


def pool_bins(tensor: torch.Tensor, wanted: Sequence[int], pool: Pool, reduce: Reduce) -> torch.Tensor:
    """Even bins by one pool; an axis with uneven bins by slices, each reduced and put together again.

    Bin i of an axis reaches from floor(i * size / wanted) to ceil((i + 1) * size / wanted), as in PyTorch.
    """
    axes = range(tensor.dim() - len(wanted), tensor.dim())
    sizes = [int(tensor.shape[axis]) for axis in axes]
    windows = [size // want if size % want == 0 else 1 for size, want in zip(sizes, wanted, strict=True)]
    if any(window > 1 for window in windows):
        tensor = pool(tensor, windows)
    for axis, size, want in zip(axes, sizes, wanted, strict=True):
        if size % want:
            bins = [(i * size // want, -(-(i + 1) * size // want)) for i in range(want)]
            tensor = torch.cat([reduce(tensor.narrow(axis, low, high - low), axis) for low, high in bins], axis)
    return tensor
