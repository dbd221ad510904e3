"""Average pools with a divisor of their own: the TorchScript exporter forgets it without a word."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import prod
from typing import Any

import torch
from torch.nn import functional as F

from edgeconv.sources.rewrites import rewrite

Sizes = int | Sequence[int]
Pool = Callable[..., torch.Tensor]


def divided_average(
    axes: int,
    pool: Pool,
    input: torch.Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    """The mean over whole windows, pads made real, times their size over the divisor."""
    if divisor_override is None:
        return NotImplemented
    kernel, pads = _each(kernel_size, axes), _each(padding, axes)
    strides = _each(stride, axes) if stride else kernel
    whole = pool(input, kernel, strides, pads, ceil_mode, count_include_pad, divisor_override)
    widths: list[int] = []
    for axis in reversed(range(axes)):
        # A traced size would be what ONNX infers, which is wrong for ceil_mode.
        read = (int(whole.shape[axis - axes]) - 1) * strides[axis] + kernel[axis]
        widths += [pads[axis], max(0, read - pads[axis] - int(input.shape[axis - axes]))]
    return pool(F.pad(input, widths), kernel, strides) * (prod(kernel) / divisor_override)


def _each(given: Sizes, axes: int) -> list[int]:
    sizes = [given] if isinstance(given, int) else list(given)
    return sizes * axes if len(sizes) == 1 else sizes


TOLD = "average pools with a divisor of their own became average pools and a factor"
_ATEN = torch.ops.aten  # what the functions are in an exported program
rewrite(F.avg_pool2d, _ATEN.avg_pool2d.default, told=TOLD)(partial(divided_average, 2, F.avg_pool2d))
rewrite(F.avg_pool3d, _ATEN.avg_pool3d.default, told=TOLD)(partial(divided_average, 3, F.avg_pool3d))
