"""The 2D networks: names, sizes, Caffe's pools."""

import pytest
import torch
from torch import nn

from edgeconv_models.backbones import BACKBONES, BnInception, build_backbone, scaled

LAYERS = {  # layer: (input channels, filters, kernel), from the published network
    "conv1_7x7_s2": (3, 64, 7),
    "conv2_3x3_reduce": (64, 64, 1),
    "conv2_3x3": (64, 192, 3),
    "inception_3a_1x1": (192, 64, 1),
    "inception_3a_3x3_reduce": (192, 64, 1),
    "inception_3a_3x3": (64, 64, 3),
    "inception_3a_double_3x3_reduce": (192, 64, 1),
    "inception_3a_double_3x3_1": (64, 96, 3),
    "inception_3a_double_3x3_2": (96, 96, 3),
    "inception_3a_pool_proj": (192, 32, 1),
    "inception_3b_1x1": (256, 64, 1),
    "inception_3b_3x3_reduce": (256, 64, 1),
    "inception_3b_3x3": (64, 96, 3),
    "inception_3b_double_3x3_reduce": (256, 64, 1),
    "inception_3b_double_3x3_1": (64, 96, 3),
    "inception_3b_double_3x3_2": (96, 96, 3),
    "inception_3b_pool_proj": (256, 64, 1),
    "inception_3c_double_3x3_reduce": (320, 64, 1),
    "inception_3c_double_3x3_1": (64, 96, 3),
}


def test_bn_inception_has_the_published_layers() -> None:
    shapes = {name: tuple(value.shape) for name, value in BnInception().named_parameters()}
    expected: dict[str, tuple[int, ...]] = {}
    for name, (channels, filters, kernel) in LAYERS.items():
        expected[f"{name}.weight"] = (filters, channels, kernel, kernel)
        expected.update({f"{name}{part}": (filters,) for part in (".bias", "_bn.weight", "_bn.bias")})
    assert shapes == expected


def test_bn_inception_equals_the_table_written_out() -> None:
    """The same weights in the order of the table, with torch's own modules in Caffe's settings."""
    torch.manual_seed(0)
    net = BnInception(0.125).eval().double()
    layers = dict(net.named_children())
    for name, layer in layers.items():
        if name.endswith("_bn"):
            for tensor in (layer.weight, layer.bias, layer.running_mean, layer.running_var):
                nn.init.uniform_(tensor, 0.5, 1.5)

    def unit(x: torch.Tensor, *names: str) -> torch.Tensor:
        for name in names:
            x = layers[f"{name}_bn"](layers[name](x)).clamp(min=0)
        return x

    def inception(x: torch.Tensor, b: str) -> torch.Tensor:
        pooled = nn.AvgPool2d(3, 1, 1, ceil_mode=True)(x)
        double = unit(x, f"{b}_double_3x3_reduce", f"{b}_double_3x3_1", f"{b}_double_3x3_2")
        triple = unit(x, f"{b}_3x3_reduce", f"{b}_3x3")
        return torch.cat([unit(x, f"{b}_1x1"), triple, double, unit(pooled, f"{b}_pool_proj")], 1)

    pool = nn.MaxPool2d(3, 2, ceil_mode=True)
    frames = torch.randn(2, 3, 45, 38, dtype=torch.float64)
    x = pool(unit(pool(unit(frames, "conv1_7x7_s2")), "conv2_3x3_reduce", "conv2_3x3"))
    x = inception(inception(x, "inception_3a"), "inception_3b")
    expected = unit(x, "inception_3c_double_3x3_reduce", "inception_3c_double_3x3_1")
    torch.testing.assert_close(net(frames), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", sorted(BACKBONES))
def test_full_size(name: str) -> None:
    with torch.device("meta"):
        backbone = build_backbone(name, 1.0)
        features = backbone(torch.empty(16, 3, 224, 224))
    assert features.shape == (16, 96, 28, 28)
    assert backbone.channels == 96


@pytest.mark.parametrize("name", sorted(BACKBONES))
def test_grid_says_what_forward_does(name: str) -> None:
    with torch.device("meta"):
        backbone = build_backbone(name, 0.25).eval()
        for size in range(32, 83):
            features = backbone(torch.empty(1, 3, size, size))
            assert features.shape == (1, backbone.channels, backbone.grid(size), backbone.grid(size)), size


def test_mobilenet_is_much_smaller() -> None:
    with torch.device("meta"):
        sizes = {name: sum(p.numel() for p in build_backbone(name, 1.0).parameters()) for name in BACKBONES}
    assert sizes["mobilenet"] * 20 < sizes["bn-inception"]


def test_scaled() -> None:
    assert scaled(96, 0.25) == 24
    assert scaled(3, 0.2) == 1
    with pytest.raises(ValueError, match=r"width=0\.1 leaves no channel"):
        scaled(3, 0.1)
