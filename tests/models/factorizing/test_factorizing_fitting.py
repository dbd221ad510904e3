"""What the blocks start from: the optimum, the slice, the seeded draw."""

import pytest
import torch
from factorizing_cases import clip
from torch import nn

from edgeconv_models import factorize
from edgeconv_models.factorizing.blocks import COMBINES, AddConv, SequentialConv

SETTINGS = {"stride": (2, 1, 2), "padding": (1, 2, 0), "groups": 2, "dtype": torch.float64}


@pytest.fixture
def conv() -> nn.Conv3d:
    torch.manual_seed(4)
    return nn.Conv3d(4, 10, (3, 5, 4), **SETTINGS)


@pytest.mark.parametrize("combine", sorted(COMBINES))
def test_nothing_fits_better_nearby(combine: str, conv: nn.Conv3d) -> None:
    """The gradient of the fit error is zero, and no step away from the fit makes it smaller."""
    made = factorize(conv, combine)  # type: ignore[arg-type]
    block = made.network
    kernels = [block.spatial.weight, block.temporal.weight]

    def error() -> torch.Tensor:
        return (conv.weight.detach() - block.kernel()).norm() / conv.weight.detach().norm()

    assert made.layers[0].error == pytest.approx(error().item())
    for gradient in torch.autograd.grad(error(), kernels):
        assert gradient.abs().max() < 1e-12
    best = error().item()
    with torch.no_grad():
        for _ in range(20):
            steps = [torch.randn_like(k) * 0.05 for k in kernels]
            for kernel, step in zip(kernels, steps, strict=True):
                kernel += step
            assert error().item() > best
            for kernel, step in zip(kernels, steps, strict=True):
                kernel -= step


def test_the_error_is_what_lies_off_the_cross(conv: nn.Conv3d) -> None:
    off = conv.weight.detach().clone()
    off[:, :, 1] = 0
    off[:, :, :, 2, 2] = 0
    expected = (off.norm() / conv.weight.norm()).item()
    for init in ("svd", "slice"):
        assert factorize(conv, "add", init).layers[0].error == pytest.approx(expected)  # type: ignore[arg-type]


def test_the_rank_is_never_more_than_the_kernel_has() -> None:
    conv = nn.Conv3d(1, 40, (2, 3, 5), dtype=torch.float64)
    block = factorize(conv, "sequential").network
    assert isinstance(block, SequentialConv)
    assert block.between == 15
    torch.testing.assert_close(block(clip(conv, 0)), conv(clip(conv, 0)), rtol=0, atol=1e-10)  # so it is exact


def test_a_slice_is_the_network_on_single_frames(conv: nn.Conv3d) -> None:
    flat = nn.functional.conv3d(
        clip(conv, 1)[:, :, ::2], conv.weight[:, :, 1:2], conv.bias, (1, 1, 2), (0, 2, 0), groups=2
    )
    block = factorize(conv, "sequential", "slice").network
    torch.testing.assert_close(block(clip(conv, 1)), flat, rtol=0, atol=1e-10)


def test_random_is_seeded_and_keeps_nothing(conv: nn.Conv3d) -> None:
    state = torch.random.get_rng_state()
    one, same, other = (factorize(conv, "add", "random", seed=seed) for seed in (1, 1, 2))
    assert torch.equal(torch.random.get_rng_state(), state)
    assert one.layers[0].error is None
    assert torch.equal(one.network.kernel(), same.network.kernel())
    assert not torch.equal(one.network.kernel(), other.network.kernel())
    assert isinstance(one.network, AddConv)
    assert one.network.spatial.bias is not None
    assert one.network.spatial.bias.abs().max() == 0
    # fan-out of a filter: 5*4 taps, 10 filters, 2 groups
    assert one.network.spatial.weight.std().item() == pytest.approx((2 / (5 * 4 * 5)) ** 0.5, rel=0.2)


def test_a_kernel_of_zeros_fits_without_an_error(conv: nn.Conv3d) -> None:
    nn.init.zeros_(conv.weight)
    assert [factorize(conv, c).layers[0].error for c in COMBINES] == [0, 0, 0]  # type: ignore[arg-type]
