"""The figures everybody quotes, at 16 x 224 x 224 and 400 classes."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

import edgeconv_models
from edgeconv_models.cost import macs, parameters
from edgeconv_models.eco_lite import EcoLite


@pytest.mark.parametrize(
    ("factory", "millions", "giga"),
    [
        (edgeconv_models.eco_lite_3d, 37.50, 46.49),
        (edgeconv_models.eco_lite_4d_add, 17.17, 28.76),
        (edgeconv_models.eco_lite_4d_concat, 9.03, 21.67),
        (edgeconv_models.eco_lite_4d_sequential, 18.17, 30.76),
    ],
)
def test_figures(factory: Callable[[], EcoLite], millions: float, giga: float) -> None:
    with torch.device("meta"):
        network = factory()
    assert round(parameters(network) / 1e6, 2) == millions
    assert round(macs(network) / 1e9, 2) == giga
    assert round(parameters(network.backbone) / 1e6, 2) == 0.68


def test_export_saves_one_twelfth_of_the_add_blocks() -> None:
    network = edgeconv_models.eco_lite_4d_add(width=0.25)
    grid = network.head.in_grid
    head = macs(network.head, (grid.frames, network.head.in_channels, grid.height, grid.width))
    assert (macs(network) - macs(network.prepare_for_export())) * 12 == head


def test_macs_by_hand_and_without_a_trace_on_the_module() -> None:
    layer = nn.Sequential(nn.Conv2d(4, 6, (3, 1), groups=2), nn.BatchNorm2d(6), nn.Flatten(), nn.Linear(6 * 5 * 7, 3))
    layer.train()
    before = {name: value.clone() for name, value in layer.state_dict().items()}
    assert macs(layer, (2, 4, 7, 7)) == 2 * (6 * 5 * 7 * 2 * 3 + 6 * 5 * 7 * 3)
    assert layer.training
    assert all(torch.equal(value, before[name]) for name, value in layer.state_dict().items())
    assert parameters(layer) == 6 * 2 * 3 + 6 + 12 + 6 * 5 * 7 * 3 + 3


def test_a_module_without_input_shape_needs_one() -> None:
    with pytest.raises(ValueError, match="input_shape"):
        macs(nn.Linear(2, 3))
