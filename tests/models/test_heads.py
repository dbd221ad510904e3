"""The residual head: names, and the topology written out once more."""

import pytest
import torch
from torch import Tensor, nn

from edgeconv_models.blocks import Grid
from edgeconv_models.heads import Head3d, Head4d

CONVS = ["3a_2", "3b_1", "3b_2"] + [
    f"{stage}{name}" for stage in "45" for name in ("a_1", "a_2", "a_down", "b_1", "b_2")
]
NORMS = ["3a", "3b_1", "3b"] + [f"{stage}{name}" for stage in "45" for name in ("a_1", "a", "b_1", "b")]
GRID = Grid(8, 6, 6)


def names(head: nn.Module) -> set[str]:
    return {name for name, _ in head.named_children()}


@pytest.mark.parametrize("block", ["add", "concat", "sequential"])
def test_names_are_the_published_ones(block: str) -> None:
    expected = {f"res{name}" for name in CONVS} | {f"res{name}_bn" for name in NORMS}
    assert names(Head3d(6, 0.125, GRID)) == expected
    assert names(Head4d(6, 0.125, GRID, block=block, mode="aligned")) == expected


def test_published_shapes() -> None:
    with torch.device("meta"):
        weights = {name: tuple(value.shape) for name, value in Head3d(96, 1.0, Grid(16, 28, 28)).named_parameters()}
    sizes = {"3": (96, 128), "4": (128, 256), "5": (256, 512)}
    for name in CONVS:
        first = name.endswith(("a_1", "a_down")) or name == "3a_2"
        channels, filters = sizes[name[0]]
        assert weights[f"res{name}.weight"] == (filters, channels if first else filters, 3, 3, 3)
        assert weights[f"res{name}.bias"] == (filters,)


@pytest.mark.parametrize("kind", ["3d", "add", "concat", "sequential"])
@torch.no_grad()
def test_topology(kind: str) -> None:
    """Residual sums before BatchNorm, as in the published network description."""
    torch.manual_seed(0)
    head: nn.Module = Head3d(6, 0.0625, GRID)
    if kind != "3d":
        head = Head4d(6, 0.0625, GRID, block=kind, mode="aligned")
    head = head.eval().double()
    m = dict(head.named_children())
    for name, norm in m.items():
        if name.endswith("_bn"):
            nn.init.uniform_(norm.running_var, 0.5, 2.0)
            nn.init.normal_(norm.running_mean)
            nn.init.normal_(norm.weight)

    def r(name: str, x: Tensor) -> Tensor:
        return m[f"res{name}_bn"](x).clamp(min=0)

    frames = torch.randn(2 * GRID.frames, 6, GRID.height, GRID.width, dtype=torch.float64)
    x = frames.reshape(2, GRID.frames, 6, 6, 6).transpose(1, 2) if kind == "3d" else frames
    a = m["res3a_2"](x)
    x = r("3b", m["res3b_2"](r("3b_1", m["res3b_1"](r("3a", a)))) + a)
    for s in "45":
        b = m[f"res{s}a_2"](r(f"{s}a_1", m[f"res{s}a_1"](x))) + m[f"res{s}a_down"](x)
        x = r(f"{s}b", m[f"res{s}b_2"](r(f"{s}b_1", m[f"res{s}b_1"](r(f"{s}a", b)))) + b)
    pooled = x.mean((2, 3, 4)) if kind == "3d" else x.mean((2, 3)).reshape(2, 2, -1).mean(1)
    torch.testing.assert_close(head(frames), pooled, rtol=0, atol=1e-10)
