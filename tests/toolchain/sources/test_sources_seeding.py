"""An untrained network is made fit to be measured."""

from __future__ import annotations

import copy

import torch
from sources_networks import Tiny, shapeless, with_norm_in_head
from torch import nn

from edgeconv.core.layout import Array
from edgeconv.sources.seeding import settle as settle_on


def settle(network: nn.Module, clips: Array, seed: int) -> str:
    return settle_on(network, [(torch.from_numpy(c),) for c in clips], seed)


def seeded() -> Tiny:
    torch.manual_seed(0)
    return Tiny().eval()


def test_statistics_come_from_the_clips(clips: Array) -> None:
    network = seeded()
    said = settle(network, clips, 7)
    assert said == (
        "UNTRAINED: seeded random weights (seed 7), BatchNorm statistics estimated on 3 calibration clips, "
        "classifier centred on them"
    )
    with torch.no_grad():
        seen = [network.conv(torch.from_numpy(c)) for c in clips]
    mean = torch.stack([s.mean((0, 2, 3, 4)) for s in seen]).mean(0)
    var = torch.stack([s.var((0, 2, 3, 4)) for s in seen]).mean(0)
    torch.testing.assert_close(network.norm.running_mean, mean, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(network.norm.running_var, var, rtol=1e-4, atol=1e-4)


def test_the_classifier_is_centred_and_the_clips_still_differ(clips: Array) -> None:
    network = seeded()
    settle(network, clips, 0)
    with torch.no_grad():
        logits = torch.cat([network(torch.from_numpy(c)) for c in clips])
    assert logits.mean(0).abs().max() < 1e-4 * logits.abs().max()
    assert logits.std(0).min() > 1e-3
    assert torch.isfinite(logits).all()


def test_the_network_is_left_ready_to_run(clips: Array) -> None:
    network = seeded()
    network.norm.momentum = 0.3
    settle(network, clips, 0)
    assert not any(m.training for m in network.modules())
    assert network.norm.momentum == 0.3
    assert not any(p.grad is not None for p in network.parameters())


def test_the_same_again_gives_the_same(clips: Array) -> None:
    first, second = seeded(), seeded()
    settle(first, clips, 0)
    settle(second, clips, 0)
    settle(second, clips, 0)  # even twice: statistics start anew, and centring a centred classifier changes nothing
    for name, tensor in first.state_dict().items():
        torch.testing.assert_close(second.state_dict()[name], tensor, rtol=1e-5, atol=1e-4, msg=name)


def test_only_a_few_clips_are_used(clips: Array) -> None:
    few, many = seeded(), seeded()
    four = clips[[0, 1, 2, 0]]
    assert "on 4 calibration clips" in settle(few, four, 0)
    settle(many, clips[[0, 1, 2, 0, 1, 1, 1]], 0)
    assert torch.equal(few.norm.running_mean, many.norm.running_mean)


def test_a_network_without_either_is_left_alone(clips: Array) -> None:
    network = shapeless().eval()
    before = copy.deepcopy(network.state_dict())
    assert settle(network, clips, 1) == "UNTRAINED: seeded random weights (seed 1)"
    assert all(torch.equal(t, before[n]) for n, t in network.state_dict().items())


def test_a_norm_that_sees_one_value_keeps_its_statistics(clips: Array) -> None:
    """One value has no variance: BatchNorm1d after the pooling of one clip."""
    network = with_norm_in_head().eval()
    settle(network, clips, 0)
    by_kind = {type(m): m for m in network.modules()}
    assert by_kind[nn.BatchNorm1d].running_var.eq(1).all()
    assert by_kind[nn.BatchNorm3d].running_mean.abs().min() > 0
    assert not any(m.training for m in network.modules())
    assert not any(m._forward_pre_hooks for m in network.modules())
