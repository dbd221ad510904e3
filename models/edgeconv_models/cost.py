"""What a network costs: parameters, and multiply-accumulates for one clip."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def parameters(module: nn.Module) -> int:
    """Number of parameters."""
    return sum(parameter.numel() for parameter in module.parameters())


def macs(module: nn.Module, input_shape: Sequence[int] | None = None) -> int:
    """Multiply-accumulates of all convolutions and matrix products for one input; biases and pools not counted.

    Nothing is computed: a twin of the module with the same structure and no data (device ``meta``) is run.

    Args:
        module: the network.
        input_shape: shape of the input; left out, the module's own ``input_shape``.

    Raises:
        ValueError: there is no shape to go by.
    """
    shape = getattr(module, "input_shape", None) if input_shape is None else input_shape
    if shape is None:
        raise ValueError(f"{type(module).__name__} does not say its input_shape; give one")
    twins: dict[int, object] = {}  # deepcopy takes these for copies already made
    for parameter in module.parameters():
        twins[id(parameter)] = nn.Parameter(parameter.to("meta"), requires_grad=False)
    for buffer in module.buffers():
        twins[id(buffer)] = buffer.to("meta")
    twin = copy.deepcopy(module, twins).eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        twin(torch.empty(tuple(shape), device="meta"))
    return int(counter.get_total_flops()) // 2
