"""pytorchvideo's networks; heads end before their softmax, which saturates on random weights and would hide errors."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from zoo import torchvision_shim  # noqa: F401 - pytorchvideo imports torchvision

from pytorchvideo.models import hub  # isort: skip

Shapes = tuple[tuple[int, ...], ...]


class TwoPaths(nn.Module):
    """SlowFast takes its two clips as one list; an exported model takes two inputs."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, slow: torch.Tensor, fast: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.network([slow, fast])
        return logits


def _fitted(network: nn.Module, shapes: Shapes) -> nn.Module:
    """Head pools span the whole map of the published clip size: give them the size of the map that comes."""

    def fit(pool: nn.AvgPool3d, inputs: tuple[torch.Tensor, ...]) -> None:
        pool.kernel_size = tuple(min(k, s) for k, s in zip(_triple(pool.kernel_size), inputs[0].shape[2:], strict=True))

    for module in network.modules():
        if isinstance(getattr(module, "activation", None), nn.Softmax):
            module.activation = None
    hooks = [m.register_forward_pre_hook(fit) for m in network.modules() if isinstance(m, nn.AvgPool3d)]
    with torch.no_grad():
        network.eval()(*(torch.zeros(shape) for shape in shapes))
    for hook in hooks:
        hook.remove()
    return network


def _triple(size: Any) -> tuple[int, ...]:
    return tuple(size) if isinstance(size, (tuple, list)) else (size,) * 3


def x3d_s(shapes: Shapes) -> nn.Module:
    return _fitted(hub.x3d_s(), shapes)


def slow_r50(shapes: Shapes) -> nn.Module:
    return _fitted(hub.slow_r50(), shapes)


def slowfast_r50(shapes: Shapes) -> nn.Module:
    return _fitted(TwoPaths(hub.slowfast_r50()), shapes)


def i3d_r50(shapes: Shapes) -> nn.Module:
    return _fitted(hub.i3d_r50(), shapes)


def c2d_r50(shapes: Shapes) -> nn.Module:
    return _fitted(hub.c2d_r50(), shapes)


def csn_r101(shapes: Shapes) -> nn.Module:
    return _fitted(hub.csn_r101(), shapes)


def r2plus1d_r50(shapes: Shapes) -> nn.Module:
    return _fitted(hub.r2plus1d_r50(), shapes)


def efficient_x3d_s(shapes: Shapes) -> nn.Module:
    return _fitted(hub.efficient_x3d_s(), shapes)


def mvit_b(shapes: Shapes) -> nn.Module:
    from pytorchvideo.models.vision_transformers import create_multiscale_vision_transformers

    return create_multiscale_vision_transformers(
        spatial_size=shapes[0][3:],
        temporal_size=shapes[0][2],
        embed_dim_mul=[[1, 2.0], [3, 2.0], [14, 2.0]],
        atten_head_mul=[[1, 2.0], [3, 2.0], [14, 2.0]],
        pool_q_stride_size=[[1, 1, 2, 2], [3, 1, 2, 2], [14, 1, 2, 2]],
        pool_kv_stride_adaptive=[1, 8, 8],
        pool_kvq_kernel=[3, 3, 3],
    )
