"""The 4D blocks against explicit Conv3d kernels and index-by-index references, in float64."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from edgeconv_models.blocks import AddBlock, ConcatBlock, Grid, ParallelBlock, SequentialBlock

N, C, S = 2, 3, 4
GRID = Grid(5, 6, 7)
TOLERANCE = {"rtol": 0.0, "atol": 1e-10}


def volume(frames: Tensor, grid: Grid) -> Tensor:
    """Frames [N*T, C, H, W] as [N, C, T, H, W]."""
    return frames.reshape(-1, grid.frames, *frames.shape[1:]).transpose(1, 2)


def frames_of(clips: Tensor) -> Tensor:
    """[N, C, T, H, W] as frames [N*T, C, H, W]."""
    return clips.transpose(1, 2).flatten(0, 1)


def random_input(grid: Grid = GRID, channels: int = C) -> Tensor:
    torch.manual_seed(1)
    return torch.randn(N * grid.frames, channels, grid.height, grid.width, dtype=torch.float64)


def kernel_3d(block: ParallelBlock, *, add: bool) -> tuple[Tensor, Tensor]:
    """Weight and bias of the Conv3d that is zero outside the central plane and the central line in time."""
    plane = block.spatial.weight.new_zeros(*block.spatial.weight.shape[:2], 3, 3, 3)
    line = block.temporal.weight.new_zeros(*block.temporal.weight.shape[:2], 3, 3, 3)
    plane[:, :, 1] = block.spatial.weight
    line[:, :, :, 1, 1] = block.temporal.weight[..., 0]
    if add:
        return plane + line, block.spatial.bias + block.temporal.bias
    return torch.cat([plane, line]), torch.cat([block.spatial.bias, block.temporal.bias])


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("kind", [AddBlock, ConcatBlock])
@torch.no_grad()
def test_aligned_block_is_a_sparse_conv3d(kind: type[ParallelBlock], stride: int) -> None:
    torch.manual_seed(0)
    block = kind(C, 5, GRID, stride=stride).double()  # 5 filters: concat shares them out as 3 + 2
    x = random_input()
    expected = F.conv3d(volume(x, GRID), *kernel_3d(block, add=kind is AddBlock), stride=stride, padding=1)
    torch.testing.assert_close(block(x), frames_of(expected), **TOLERANCE)
    assert block.out_grid == expected.shape[2:]


@pytest.mark.parametrize("stride", [1, 2])
@torch.no_grad()
def test_sequential_block_is_two_conv3d(stride: int) -> None:
    torch.manual_seed(0)
    block = SequentialBlock(C, S, GRID, stride=stride).double()
    x = random_input()
    clips = F.conv3d(
        volume(x, GRID), block.spatial.weight[:, :, None], block.spatial.bias, (1, stride, stride), padding=(0, 1, 1)
    )
    clips = F.conv3d(clips, block.temporal.weight[..., None], block.temporal.bias, (stride, 1, 1), padding=(1, 0, 0))
    torch.testing.assert_close(block(x), frames_of(clips), **TOLERANCE)


@torch.no_grad()
def test_paper_block_index_by_index() -> None:
    torch.manual_seed(0)
    grid, s = Grid(5, 4, 6), 2
    block = AddBlock(C, S, grid, stride=s, mode="paper").double()
    x = random_input(grid)
    clips = volume(x, grid)
    expected = torch.zeros(N, S, 3, 2, 3, dtype=torch.float64)
    for t in range(3):
        for row in range(2):
            for column in range(3):
                value = (block.spatial.bias + block.temporal.bias).repeat(N, 1)
                for dy in (-1, 0, 1):
                    for dx in (-1, 0, 1):
                        y, z = s * row + dy, s * column + dx
                        if 0 <= y < grid.height and 0 <= z < grid.width:
                            value += clips[:, :, s * t, y, z] @ block.spatial.weight[:, :, dy + 1, dx + 1].T
                flat = s * s * (row * 3 + column)  # a position of the flattened grid, not of the 2D one
                for dt in (-1, 0, 1):
                    if 0 <= s * t + dt < grid.frames:
                        point = clips[:, :, s * t + dt, flat // grid.width, flat % grid.width]
                        value += point @ block.temporal.weight[:, :, dt + 1, 0].T
                expected[:, :, t, row, column] = value
    torch.testing.assert_close(block(x), frames_of(expected), **TOLERANCE)


@torch.no_grad()
def test_paper_and_aligned_differ_only_with_a_stride() -> None:
    grid = Grid(4, 4, 6)
    for stride in (1, 2):
        blocks = [AddBlock(C, S, grid, stride=stride, mode=mode).double() for mode in ("paper", "aligned")]
        blocks[1].load_state_dict(blocks[0].state_dict())
        paper, aligned = (block(random_input(grid)) for block in blocks)
        assert torch.equal(paper, aligned) == (stride == 1)


@pytest.mark.parametrize("grid", [Grid(4, 3, 4), Grid(4, 4, 3), Grid(4, 5, 5)])
def test_paper_refuses_a_grid_that_does_not_divide(grid: Grid) -> None:
    """3x4 has 12 positions, which divides by 4, and still the two branches would have different sizes."""
    with pytest.raises(ValueError, match=f"{grid.height}x{grid.width}"):
        AddBlock(C, S, grid, stride=2, mode="paper")
    AddBlock(C, S, grid, stride=1, mode="paper")


def test_unknown_mode_and_too_few_filters() -> None:
    with pytest.raises(ValueError, match="aligned, paper"):
        AddBlock(C, S, GRID, mode="other")
    with pytest.raises(ValueError, match="two filters"):
        ConcatBlock(C, 1, GRID)


@torch.no_grad()
def test_spatial_branch_never_sees_frames_that_are_dropped() -> None:
    block = AddBlock(C, S, GRID, stride=2).double()
    seen: list[int] = []
    block.spatial.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].shape[0]))
    block(random_input())
    assert seen == [N * 3]


@settings(max_examples=40, deadline=None)
@given(
    clips=st.integers(1, 2),
    channels=st.integers(1, 4),
    filters=st.integers(1, 4),
    grid=st.builds(Grid, st.integers(1, 6), st.integers(1, 7), st.integers(1, 7)),
    stride=st.integers(1, 3),
    seed=st.integers(0, 999),
)
@torch.no_grad()
def test_merging_the_centre_tap_is_exact(
    clips: int, channels: int, filters: int, grid: Grid, stride: int, seed: int
) -> None:
    torch.manual_seed(seed)
    block = AddBlock(channels, filters, grid, stride=stride).double()
    x = torch.randn(clips * grid.frames, channels, grid.height, grid.width, dtype=torch.float64)
    before = block(x)
    assert block.merge_centre_tap()
    assert block.temporal.weight.shape == (filters, channels, 2, 1)
    assert block.temporal.bias is None
    torch.testing.assert_close(block(x), before, **TOLERANCE)
    assert not block.merge_centre_tap()
    torch.testing.assert_close(block(x), before, **TOLERANCE)


@torch.no_grad()
def test_a_strided_paper_block_is_not_merged() -> None:
    grid = Grid(4, 4, 6)
    block = AddBlock(C, S, grid, stride=2, mode="paper")
    weights = {name: value.clone() for name, value in block.state_dict().items()}
    assert not block.merge_centre_tap()
    assert all(torch.equal(value, weights[name]) for name, value in block.state_dict().items())
    assert AddBlock(C, S, grid, stride=1, mode="paper").merge_centre_tap()
