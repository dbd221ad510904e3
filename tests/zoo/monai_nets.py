"""MONAI's 3D networks, narrow."""

from __future__ import annotations

from monai.networks import nets
from torch import nn

Shapes = tuple[tuple[int, ...], ...]


def densenet121_3d(_: Shapes) -> nn.Module:
    return nets.DenseNet121(spatial_dims=3, in_channels=1, out_channels=7)


def unet_3d(_: Shapes) -> nn.Module:
    return nets.UNet(
        spatial_dims=3, in_channels=1, out_channels=5, channels=(8, 16, 24, 32), strides=(2, 2, 2), num_res_units=2
    )


def attention_unet_3d(_: Shapes) -> nn.Module:
    return nets.AttentionUnet(
        spatial_dims=3, in_channels=1, out_channels=5, channels=(8, 16, 24, 32), strides=(2, 2, 2)
    )


def segresnet_3d(_: Shapes) -> nn.Module:
    return nets.SegResNet(spatial_dims=3, init_filters=8, in_channels=1, out_channels=5)


def dynunet_3d(_: Shapes) -> nn.Module:
    """The nnU-Net shape: strided convolutions, InstanceNorm, LeakyReLU, transposed convolutions."""
    return nets.DynUNet(
        spatial_dims=3,
        in_channels=1,
        out_channels=5,
        kernel_size=[3, (1, 3, 3), 3, 3],
        strides=[1, (1, 2, 2), 2, 2],
        upsample_kernel_size=[(1, 2, 2), 2, 2],
        filters=[8, 12, 16, 24],
        res_block=True,
    )


def unetr(shapes: Shapes) -> nn.Module:
    return nets.UNETR(
        in_channels=1,
        out_channels=5,
        img_size=shapes[0][2:],
        feature_size=8,
        hidden_size=96,
        mlp_dim=192,
        num_heads=6,
    )
