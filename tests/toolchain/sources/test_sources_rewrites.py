"""What the exporters cannot do is said in other operators, exactly, and the network stays as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.functional import adaptive_avg_pool3d as imported_before

from edgeconv.sources import exporters
from edgeconv.sources.rewrites import Rewriting

CLIP = torch.randn(2, 3, 5, 8, 7, generator=torch.Generator().manual_seed(0))
POOLS = [
    nn.AdaptiveAvgPool3d((None, 1, 1)),
    nn.AdaptiveAvgPool3d((5, 2, 7)),  # even bins
    nn.AdaptiveAvgPool3d((2, 3, 4)),  # uneven ones
    nn.AdaptiveAvgPool3d((6, 11, 1)),  # more bins than values
    nn.AdaptiveAvgPool3d(2),
    nn.AdaptiveMaxPool3d((None, 4, 3)),
    nn.AdaptiveMaxPool3d(1),
]


def frames(clip: torch.Tensor) -> torch.Tensor:
    return clip.transpose(1, 2).flatten(0, 1)


class Pooled(nn.Module):
    def __init__(self, *pools: nn.Module) -> None:
        super().__init__()
        self.pools = nn.ModuleList(pools)

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        return torch.cat([pool(clip).flatten(1) for pool in self.pools], 1)


def rewritten(network: nn.Module, clip: torch.Tensor = CLIP) -> tuple[torch.Tensor, tuple[str, ...]]:
    with Rewriting() as rewriting:
        return network(clip), rewriting.told


@pytest.mark.parametrize("pool", POOLS, ids=str)
def test_three_axes(pool: nn.Module) -> None:
    got, told = rewritten(pool)
    torch.testing.assert_close(got, pool(CLIP), rtol=1e-5, atol=1e-6)
    assert len(told) == 1


@pytest.mark.parametrize(
    "pool", [nn.AdaptiveAvgPool2d((None, 3)), nn.AdaptiveAvgPool2d(4), nn.AdaptiveMaxPool2d((3, None))], ids=str
)
def test_two_axes(pool: nn.Module) -> None:
    got, told = rewritten(pool, frames(CLIP))
    torch.testing.assert_close(got, pool(frames(CLIP)), rtol=1e-5, atol=1e-6)
    assert len(told) == 1


@pytest.mark.parametrize("counted", [False, True])
@pytest.mark.parametrize("ceil", [False, True])
def test_an_average_with_its_own_divisor(tmp_path: Path, ceil: bool, counted: bool) -> None:
    """The TorchScript exporter drops the divisor without a word."""
    pool = nn.AvgPool3d((2, 3, 4), (1, 2, 3), (1, 0, 2), ceil, counted, divisor_override=-7)
    got, told = rewritten(pool)
    torch.testing.assert_close(got, pool(CLIP), rtol=1e-5, atol=1e-6)
    assert len(told) == 1
    flat = nn.AvgPool2d(3, padding=1, ceil_mode=ceil, count_include_pad=counted, divisor_override=5)
    torch.testing.assert_close(rewritten(flat, frames(CLIP))[0], flat(frames(CLIP)), rtol=1e-5, atol=1e-6)
    subject = exporters.subject_of(pool, (CLIP,))
    exporters._export(subject, tmp_path / "forgotten.onnx", 18, dynamo=False)
    assert exporters.difference(tmp_path / "forgotten.onnx", subject) > 0.1
    with Rewriting():
        exporters._export(subject, tmp_path / "kept.onnx", 18, dynamo=False)
    assert exporters.difference(tmp_path / "kept.onnx", subject) < 1e-6


@pytest.mark.parametrize("mode", ["area", "nearest-exact"])
@pytest.mark.parametrize(
    "sizes", [{"size": (7, 4, 5)}, {"size": 6}, {"scale_factor": 1.7}, {"scale_factor": (2, 0.6, 1)},
              {"scale_factor": 1.7, "recompute_scale_factor": True}], ids=str,
)  # fmt: skip
def test_interpolations(tmp_path: Path, sizes: dict[str, Any], mode: str) -> None:
    network = nn.Upsample(mode=mode, **sizes)
    got, told = rewritten(network)
    torch.testing.assert_close(got, network(CLIP), rtol=1e-5, atol=1e-6)
    assert len(told) == 1
    subject = exporters.subject_of(network, (CLIP,))
    with Rewriting():
        exporters._export(subject, tmp_path / "m.onnx", 18, dynamo=False)
    assert exporters.difference(tmp_path / "m.onnx", subject) < 1e-6


@pytest.mark.parametrize("mode", ["nearest", "trilinear"])
def test_interpolations_that_exporters_know(mode: str) -> None:
    assert rewritten(nn.Upsample(scale_factor=2, mode=mode))[1] == ()


@pytest.mark.parametrize("pool", [nn.AdaptiveAvgPool1d(3), nn.AdaptiveMaxPool1d(4)], ids=str)
def test_one_axis(pool: nn.Module) -> None:
    got, told = rewritten(pool, CLIP.flatten(2))
    torch.testing.assert_close(got, pool(CLIP.flatten(2)), rtol=1e-5, atol=1e-6)
    assert len(told) == 1


def test_functions_are_caught_too_however_they_were_imported() -> None:
    for function in (F.adaptive_avg_pool3d, imported_before):
        with Rewriting() as rewriting:
            got = function(CLIP, (None, 2, 1))
        torch.testing.assert_close(got, F.adaptive_avg_pool3d(CLIP, (None, 2, 1)))
        assert len(rewriting.told) == 1


def test_what_the_exporters_can_do_is_left_to_them() -> None:
    for pool in (nn.AdaptiveAvgPool3d(1), nn.AdaptiveAvgPool3d((1, 1, 1)), nn.AvgPool3d(2)):
        assert rewritten(pool)[1] == ()
    with Rewriting() as rewriting:
        F.adaptive_max_pool3d(CLIP, 2, return_indices=True)
    assert rewriting.told == ()


def test_nothing_is_rewritten_outside() -> None:
    rewriting = Rewriting()
    with rewriting:
        pass
    POOLS[0](CLIP)
    assert rewriting.told == ()


@pytest.mark.parametrize("dynamo", [False, pytest.param(True, marks=pytest.mark.nightly)])
def test_either_exporter_takes_it(tmp_path: Path, dynamo: bool) -> None:
    network = Pooled(*POOLS).eval()
    subject = exporters.subject_of(network, (CLIP,))
    with Rewriting():
        exporters._export(subject, tmp_path / "m.onnx", 18, dynamo)
    assert exporters.difference(tmp_path / "m.onnx", subject) < 1e-6


def test_without_it_they_fail_and_with_it_the_notes_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = Pooled(POOLS[0], POOLS[2], POOLS[5]).eval()
    subject = exporters.subject_of(network, (CLIP,))
    name, notes = exporters.export(subject, tmp_path / "m.onnx", 18)
    assert name.startswith("torch.onnx (torchscript)")
    assert [note.split(" became")[0] for note in notes] == [
        "for the exporters adaptive average pools",
        "for the exporters adaptive maximum pools",
    ]
    session = onnxruntime.InferenceSession(str(tmp_path / "m.onnx"), providers=["CPUExecutionProvider"])
    expected = network(CLIP).numpy()
    np.testing.assert_allclose(session.run(None, {"clip": CLIP.numpy()})[0], expected, rtol=1e-5, atol=1e-5)
    monkeypatch.setattr(exporters, "_rewriting", lambda _: (Rewriting(()), ()))
    with pytest.raises(RuntimeError, match="adaptive"):
        exporters._export(subject, tmp_path / "m.onnx", 18, dynamo=False)
