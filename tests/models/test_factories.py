"""The factories: what they cost to import, what they promise, what they refuse."""

import inspect
import subprocess
import sys
from collections.abc import Callable

import pytest
import torch

import edgeconv_models
from edgeconv_models.eco_lite import EcoLite

FACTORIES = [getattr(edgeconv_models, name) for name in edgeconv_models.__all__ if name.startswith("eco_lite")]
FACTORIES_4D = [factory for factory in FACTORIES if factory is not edgeconv_models.eco_lite_3d]
SMALL = {"num_classes": 5, "num_frames": 4, "image_size": 32, "width": 0.125}

Factory = Callable[..., EcoLite]


def test_importing_and_listing_does_not_import_torch() -> None:
    code = (
        "import inspect, sys, edgeconv_models as m; "
        "[inspect.signature(getattr(m, name)) for name in m.__all__]; "
        "sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("factory", FACTORIES)
def test_defaults_are_those_of_the_paper(factory: Factory) -> None:
    defaults = {name: parameter.default for name, parameter in inspect.signature(factory).parameters.items()}
    stride = {} if factory is edgeconv_models.eco_lite_3d else {"stride": "aligned"}
    assert defaults == {
        "num_classes": 400,
        "num_frames": 16,
        "image_size": 224,
        "width": 1.0,
        "backbone": "bn-inception",
        "seed": 0,
        **stride,
    }
    assert factory.__doc__


@pytest.mark.parametrize("factory", FACTORIES)
@pytest.mark.parametrize("backbone", ["bn-inception", "mobilenet"])
@pytest.mark.parametrize(("frames", "size", "width"), [(4, 32, 0.125), (12, 50, 0.3)])
def test_contract(factory: Factory, backbone: str, frames: int, size: int, width: float) -> None:
    network = factory(num_classes=5, num_frames=frames, image_size=size, width=width, backbone=backbone).eval()
    assert network.input_shape == (1, 3, frames, size, size)
    assert network.input_layout == "NCTHW"
    assert network.num_classes == 5
    assert isinstance(network.classifier, torch.nn.Linear)
    clips = torch.randn(3, 3, frames, size, size)
    with torch.no_grad():
        logits = network(clips)
        alone = torch.cat([network(clip[None]) for clip in clips])
    assert logits.shape == (3, 5)
    assert torch.isfinite(logits).all()
    torch.testing.assert_close(logits, alone, rtol=1e-4, atol=1e-4 * float(logits.abs().max()))


@pytest.mark.parametrize("factory", FACTORIES)
def test_seed_decides_the_weights_and_nothing_else_does(factory: Factory) -> None:
    before = torch.get_rng_state()
    first = factory(**SMALL, seed=3).state_dict()
    assert torch.equal(torch.get_rng_state(), before)
    torch.rand(7)
    again, other = factory(**SMALL, seed=3).state_dict(), factory(**SMALL, seed=4).state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["classifier.weight"], other["classifier.weight"])
    assert not torch.equal(first["backbone.conv1_7x7_s2.weight"], other["backbone.conv1_7x7_s2.weight"])


@pytest.mark.parametrize("factory", FACTORIES)
@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"num_frames": 6}, "multiple of 4"),
        ({"num_frames": 0}, "multiple of 4"),
        ({"num_frames": 8.0}, "whole number"),
        ({"image_size": 31}, "at least 32"),
        ({"image_size": True}, "whole number"),
        ({"num_classes": 0}, "at least 1"),
        ({"seed": "one"}, "whole number"),
        ({"width": 0.0}, "positive"),
        ({"width": "wide"}, "positive"),
        ({"width": float("nan")}, "positive"),
        ({"width": 0.01}, "no channel"),
        ({"backbone": "resnet"}, "bn-inception, mobilenet"),
    ],
)
def test_refusals(factory: Factory, wrong: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        factory(**{**SMALL, **wrong})


@pytest.mark.parametrize("factory", FACTORIES_4D)
def test_unknown_stride_is_refused(factory: Factory) -> None:
    with pytest.raises(ValueError, match="aligned, paper"):
        factory(**SMALL, stride="diagonal")


@pytest.mark.parametrize("factory", [edgeconv_models.eco_lite_4d_add, edgeconv_models.eco_lite_4d_concat])
def test_paper_stride_needs_a_grid_that_divides(factory: Factory) -> None:
    odd = {**SMALL, "image_size": 40}  # a grid of 5x5
    with pytest.raises(ValueError, match=r"stride='paper'.*5x5.*aligned"):
        factory(**odd, stride="paper")
    factory(**odd, stride="aligned")


def test_sequential_is_the_same_network_for_both_strides() -> None:
    clip = torch.randn(1, 3, 4, 40, 40)
    outputs = []
    for stride in ("aligned", "paper"):
        network = edgeconv_models.eco_lite_4d_sequential(**{**SMALL, "image_size": 40}, stride=stride).eval()
        with torch.no_grad():
            outputs.append(network(clip))
    assert torch.equal(*outputs)
