"""The blocks against the Conv3d that their kernel() names, for random geometries, in float64."""

import pytest
import torch
from factorizing_cases import clip, convolutions, separable
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from edgeconv_models import factorize
from edgeconv_models.factorizing.blocks import COMBINES, ConcatConv, FactorizedConv
from edgeconv_models.factorizing.geometry import Geometry

TOLERANCE = {"rtol": 0.0, "atol": 1e-10}
COMBINE = st.sampled_from(sorted(COMBINES))


def reference(block: FactorizedConv, conv: nn.Conv3d, x: Tensor) -> Tensor:
    """What a Conv3d of the geometry of ``conv`` gives with the kernel that the block says it has."""
    twin = nn.Conv3d(
        conv.in_channels, conv.out_channels, conv.kernel_size, conv.stride, conv.padding, conv.dilation, conv.groups,
        conv.bias is not None, conv.padding_mode, dtype=torch.float64,
    )  # fmt: skip
    twin.weight = nn.Parameter(block.kernel())
    if conv.bias is not None:
        twin.bias = nn.Parameter(conv.bias)
    answer: Tensor = twin(x)
    return answer


@settings(max_examples=150, deadline=None)
@given(conv=convolutions(), combine=COMBINE, init=st.sampled_from(["svd", "slice"]), seed=st.integers(0, 999))
def test_a_block_is_the_conv3d_of_its_kernel(conv: nn.Conv3d, combine: str, init: str, seed: int) -> None:
    if combine == "concat" and conv.out_channels == conv.groups:
        with pytest.raises(ValueError, match="single filter"):
            factorize(conv, combine, init)
        return
    block = factorize(conv, combine, init).network
    assert isinstance(block, FactorizedConv)
    x = clip(conv, seed)
    answer = block(x)
    assert answer.shape == conv(x).shape
    torch.testing.assert_close(answer, reference(block, conv, x), **TOLERANCE)


@settings(max_examples=100, deadline=None)
@given(conv=convolutions(), combine=COMBINE, seed=st.integers(0, 999))
def test_a_separable_kernel_is_kept_exactly(conv: nn.Conv3d, combine: str, seed: int) -> None:
    if combine == "concat" and conv.out_channels == conv.groups:
        return
    separable(conv, combine, seed)
    made = factorize(conv, combine)
    x = clip(conv, seed)
    torch.testing.assert_close(made.network(x), conv(x), **TOLERANCE)
    assert made.layers[0].error is not None
    assert made.layers[0].error < 1e-12


@pytest.mark.parametrize("combine", sorted(COMBINES))
@pytest.mark.parametrize("init", ["svd", "slice", "random"])
def test_every_weight_has_the_gradient_of_its_share_of_the_kernel(combine: str, init: str) -> None:
    torch.manual_seed(0)
    conv = nn.Conv3d(4, 6, (3, 5, 3), (2, 1, 2), (1, 2, 1), groups=2, dtype=torch.float64)
    block = factorize(conv, combine, init).network  # type: ignore[arg-type]
    x = clip(conv, 3).requires_grad_()
    names, weights = zip(*block.named_parameters(), strict=True)
    weight = torch.randn_like(conv(x))
    got = torch.autograd.grad((block(x) * weight).sum(), (x, *weights))
    if init == "random":  # its bias starts at zero
        conv.bias = nn.Parameter(torch.zeros_like(conv.bias))
    answer = nn.functional.conv3d(x, block.kernel(), None, conv.stride, conv.padding, 1, conv.groups)
    wanted = torch.autograd.grad((answer * weight).sum(), (x, *weights), allow_unused=True)
    for name, one, other in zip(("clip", *names), got, wanted, strict=True):
        if other is not None:
            torch.testing.assert_close(one, other, **TOLERANCE)
        else:
            assert name.endswith("bias")
        assert one.abs().max() > 0


def test_no_dropped_frame_is_computed() -> None:
    conv = nn.Conv3d(3, 4, 3, (3, 2, 1), padding=1)
    block = factorize(conv).network
    seen: list[tuple[int, ...]] = []
    block.spatial.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].shape))
    block.temporal.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].shape))
    block(torch.randn(2, 3, 7, 9, 5))
    assert seen == [(2 * 3, 3, 9, 5), (2, 3, 7, 5 * 5)]


def test_concat_alone_refuses_a_filter_that_it_cannot_share_out() -> None:
    with pytest.raises(ValueError, match="single filter"):
        ConcatConv(Geometry.of(nn.Conv3d(3, 3, 3, groups=3)))
