"""Whole networks: what is replaced, what stays, what is told, and how it is loaded again."""

import copy
from pathlib import Path

import pytest
import torch
from torch import nn

from edgeconv_models import eco_lite_3d, eco_lite_4d_add, eco_lite_4d_concat, factorize
from edgeconv_models.cost import macs, parameters
from edgeconv_models.factorizing.blocks import COMBINES, AddConv, ConcatConv
from edgeconv_models.factorizing.network import plan_of, restore

SMALL = {"num_frames": 8, "image_size": 64, "width": 0.125, "num_classes": 7}


class Mixed(nn.Module):
    """Every kind of layer: full, spatial, temporal, depthwise, weight-normed, one used twice, one half precision."""

    input_shape = (2, 3, 5, 9, 11)

    def __init__(self) -> None:
        super().__init__()
        self.full = nn.Conv3d(3, 6, 3, padding=1)
        self.spatial = nn.Conv3d(6, 6, (1, 3, 3), padding=(0, 1, 1))
        self.temporal = nn.Conv3d(6, 6, (3, 1, 1), padding=(1, 0, 0))
        self.depthwise = nn.Conv3d(6, 6, 3, padding=1, groups=6, bias=False)
        self.again = nn.Sequential(nn.BatchNorm3d(6), self.depthwise)
        self.normed = nn.utils.parametrizations.weight_norm(nn.Conv3d(6, 4, 3, padding=1))

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        x = self.depthwise(self.temporal(self.spatial(self.full(clip))))
        out: torch.Tensor = self.normed(self.again(x))
        return out


@pytest.fixture
def mixed() -> Mixed:
    torch.manual_seed(2)
    return Mixed().eval()


@pytest.mark.parametrize("combine", sorted(COMBINES))
@torch.no_grad()
def test_eco_lite_costs_what_the_built_in_variant_costs(combine: str) -> None:
    network = eco_lite_3d(**SMALL)
    made = factorize(network, combine)  # type: ignore[arg-type]
    assert len(made.layers) == 13
    assert made.kept == ()
    assert made.parameters == (parameters(network), parameters(made.network))
    assert made.macs == (macs(network), macs(made.network))
    clip = torch.randn(2, *network.input_shape[1:])
    assert made.network.eval()(clip).shape == (2, 7)
    variants = {"add": eco_lite_4d_add, "concat": eco_lite_4d_concat}
    if combine in variants:
        variant = variants[combine](**SMALL)
        assert made.macs[1] == macs(variant)
        biases = 0 if combine == "concat" else sum(conv.out_channels for conv in _convolutions(network))
        assert made.parameters[1] + biases == parameters(variant)


def _convolutions(network: nn.Module) -> list[nn.Conv3d]:
    return [m for m in network.modules() if isinstance(m, nn.Conv3d)]


@torch.no_grad()
def test_what_is_replaced_and_what_is_kept(mixed: Mixed) -> None:
    before = copy.deepcopy(mixed.state_dict())
    made = factorize(mixed, "add")
    assert [layer.name for layer in made.layers] == ["full", "depthwise"]
    assert plan_of(made.network) == {"full": "add", "depthwise": "add"}
    assert [line.partition(":")[0] for line in made.kept] == ["spatial", "temporal", "normed"]
    for word, line in zip(("spatial alone", "temporal alone", "weight norm"), made.kept, strict=True):
        assert word in line
    network = made.network
    assert isinstance(network, Mixed)
    assert network.again[1] is network.depthwise
    assert not network.full.training
    assert network(torch.randn(mixed.input_shape)).shape == mixed(torch.randn(mixed.input_shape)).shape
    assert all(torch.equal(value, before[name]) for name, value in mixed.state_dict().items())
    assert set(before) & set(network.state_dict()) == {
        k for k in before if not k.startswith(("full.", "depth", "again.1"))
    }


@torch.no_grad()
def test_only_the_layers_that_are_named(mixed: Mixed) -> None:
    made = factorize(mixed, "add", layers=["fu*", "spatial"])
    assert [layer.name for layer in made.layers] == ["full"]
    assert isinstance(made.network, Mixed)
    assert isinstance(made.network.depthwise, nn.Conv3d)
    assert "spatial" in made.kept[0]
    then = factorize(made.network, "sequential", layers="depthwise")
    assert plan_of(then.network) == {"full": "add", "depthwise": "sequential"}


def test_the_type_and_device_of_the_weights_stay() -> None:
    with torch.device("meta"):
        made = factorize(nn.Conv3d(3, 4, 3))
    assert {p.device.type for p in made.network.parameters()} == {"meta"}
    assert made.layers[0].error is None
    block = factorize(nn.Conv3d(3, 4, 3, dtype=torch.float16)).network
    assert {p.dtype for p in block.parameters()} == {torch.float16}


@torch.no_grad()
def test_a_checkpoint_builds_the_same_network_again(mixed: Mixed, tmp_path: Path) -> None:
    made = factorize(factorize(mixed, "add", layers=["depthwise"]).network, "concat")
    torch.save(made.checkpoint(), tmp_path / "made.pt")
    content = torch.load(tmp_path / "made.pt", weights_only=True)
    state, fresh = torch.random.get_rng_state(), Mixed().eval()
    torch.random.set_rng_state(state)
    restore(fresh, content["factorized"])
    assert torch.equal(torch.random.get_rng_state(), state)
    assert isinstance(fresh.full, ConcatConv)
    assert isinstance(fresh.depthwise, AddConv)
    fresh.load_state_dict(content["state_dict"])
    clip = torch.randn(mixed.input_shape)
    assert torch.equal(fresh(clip), made.network(clip))


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ({}, "cannot be understood"),
        (["full"], "cannot be understood"),
        ({"other": "add"}, "no such Conv3d"),
        ({"full": "multiply"}, "multiply"),
        ({"spatial": "add"}, "spatial alone"),
        ({"depthwise": "concat"}, "single filter"),
    ],
)
def test_a_plan_that_does_not_fit(plan: object, words: str) -> None:
    network = Mixed()
    with pytest.raises(ValueError, match=words):
        restore(network, plan)
    assert plan_of(network) == {}


def test_refusals_tell_every_reason(mixed: Mixed) -> None:
    with pytest.raises(ValueError, match="no combine 'sum'; choose one of add, concat, sequential"):
        factorize(mixed, "sum")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no init 'pca'; choose one of svd, slice, random"):
        factorize(mixed, "add", "pca")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no Conv3d is called 'ful'; there is full"):
        factorize(mixed, layers=["ful"])
    with pytest.raises(ValueError, match=r"(?s)no Conv3d to factorise.*spatial: its kernel.*temporal: its kernel"):
        factorize(mixed, layers=["spatial", "temporal"])
    with pytest.raises(ValueError, match="no Conv3d to factorise"):
        factorize(nn.Conv2d(3, 4, 3))
