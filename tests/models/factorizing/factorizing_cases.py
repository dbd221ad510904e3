"""Random Conv3d and clips for them: all sizes differ, two clips, nothing symmetric in time."""

from __future__ import annotations

import torch
from hypothesis import strategies as st
from torch import Tensor, nn


@st.composite
def convolutions(draw: st.DrawFn) -> nn.Conv3d:
    """A Conv3d whose kernel is neither spatial nor temporal alone, in float64."""
    groups = draw(st.sampled_from([1, 1, 2, 3]))
    kernel = (draw(st.integers(2, 5)), draw(st.integers(1, 4)), draw(st.integers(2, 5)))
    dilation = tuple(draw(st.integers(1, 2)) for _ in range(3))
    mode = draw(st.sampled_from(["zeros", "zeros", "zeros", "replicate", "circular", "reflect"]))
    padding: str | tuple[int, ...] = tuple(draw(st.integers(0, 3)) for _ in range(3))
    stride = tuple(draw(st.integers(1, 3)) for _ in range(3))
    if draw(st.integers(0, 4)) == 0:
        padding, stride = draw(st.sampled_from(["same", "valid"])), stride if padding == "valid" else (1, 1, 1)
    torch.manual_seed(draw(st.integers(0, 999)))
    return nn.Conv3d(
        groups * draw(st.integers(1, 3)),
        groups * draw(st.integers(1, 4)),
        kernel,
        stride,
        padding,
        dilation,  # type: ignore[arg-type]
        groups,
        draw(st.booleans()),
        mode,
        dtype=torch.float64,
    )


def clip(conv: nn.Conv3d, seed: int) -> Tensor:
    """Two clips, large enough for any kernel of :func:`convolutions` and any reflection."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(2, conv.in_channels, 10, 9, 11, generator=generator, dtype=torch.float64)
    return x + torch.arange(10)[:, None, None] / 5


@torch.no_grad()
def separable(conv: nn.Conv3d, combine: str, seed: int) -> None:
    """Give ``conv`` a kernel that a block of this kind can hold."""
    generator = torch.Generator().manual_seed(seed)
    each, (time, rows, columns) = conv.out_channels // conv.groups, conv.kernel_size
    shape = conv.weight.shape[:2]
    plane = torch.zeros(*shape, time, rows, columns, dtype=torch.float64)
    line = torch.zeros_like(plane)
    plane[:, :, time // 2] = torch.randn(*shape, rows, columns, generator=generator, dtype=torch.float64)
    line[:, :, :, rows // 2, columns // 2] = torch.randn(*shape, time, generator=generator, dtype=torch.float64)
    if combine == "add":
        conv.weight.copy_(plane + line)
    elif combine == "concat":
        spatial = torch.arange(conv.out_channels) % each < each - each // 2
        conv.weight.copy_(torch.where(spatial[:, None, None, None, None], plane, line))
    else:  # each filter a product of a kernel over the frame and one over time
        space = torch.randn(*shape, 1, rows, columns, generator=generator, dtype=torch.float64)
        over_time = torch.randn(shape[0], 1, time, 1, 1, generator=generator, dtype=torch.float64)
        conv.weight.copy_(space * over_time)
