"""torchvision's video networks, without weights from anywhere."""

from __future__ import annotations

from torch import nn

from zoo import torchvision_shim  # noqa: F401 - without it torchvision does not import

from torchvision.models import video  # isort: skip

Shapes = tuple[tuple[int, ...], ...]


def r3d_18(_: Shapes) -> nn.Module:
    return video.r3d_18()


def mc3_18(_: Shapes) -> nn.Module:
    return video.mc3_18()


def r2plus1d_18(_: Shapes) -> nn.Module:
    return video.r2plus1d_18()


def s3d(shapes: Shapes) -> nn.Module:
    network = video.s3d()
    frames, height, width = shapes[0][2:]
    network.avgpool.kernel_size = (max(1, frames // 8), height // 32, width // 32)
    return network


def mvit_v2_s(shapes: Shapes) -> nn.Module:
    """The published block settings on a smaller clip (its position tables have the clip's size)."""
    from unittest.mock import patch

    from torchvision.models.video import mvit

    build = mvit._mvit

    def smaller(spatial_size: object, temporal_size: object, **settings: object) -> nn.Module:
        del spatial_size, temporal_size
        return build(spatial_size=shapes[0][3:], temporal_size=shapes[0][2], **settings)

    with patch.object(mvit, "_mvit", smaller):
        return video.mvit_v2_s()


def swin3d_t(_: Shapes) -> nn.Module:
    return video.swin3d_t()
