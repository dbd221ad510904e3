"""Modules in memory: exported where they are, and left as they were."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
import torch
from sources_networks import Tiny
from torch import nn

from edgeconv import sources
from edgeconv.core.errors import UsageError


class Untraceable(nn.Module):
    """torch.export refuses a branch on data; the TorchScript exporter takes the branch that the example takes."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv3d(3, 4, 1)

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        return self.conv(clip) if float(clip.sum()) > -1e9 else clip


def test_own_weights_go_into_the_file_and_the_mode_comes_back(tmp_path: Path) -> None:
    network = Tiny()
    network.conv.eval()
    done = sources.export_module(network, None, tmp_path / "tiny.onnx", 18)
    assert network.training
    assert not network.conv.training
    assert done.weights == "as in memory"
    assert [(i.name, i.shape, i.layout) for i in done.inputs] == [("clip", (1, 3, 4, 8, 8), "NCTHW")]
    weights = [onnx.numpy_helper.to_array(t) for t in onnx.load(tmp_path / "tiny.onnx").graph.initializer]
    assert any(w.shape == (5, 4) and (w == network.classifier.weight.detach().numpy()).all() for w in weights)


def test_examples_and_shapes_and_layouts(tmp_path: Path) -> None:
    network = nn.Conv3d(2, 3, 1)
    by_example = sources.export_module(network, torch.zeros(2, 2, 3, 4, 5), tmp_path / "a.onnx", 18)
    by_shape = sources.export_module(
        network, None, tmp_path / "b.onnx", 18, input_shapes={"scan": (2, 2, 3, 4, 5)}, input_layouts="NCDHW"
    )
    assert by_example.inputs[0].shape == by_shape.inputs[0].shape == (2, 2, 3, 4, 5)
    assert (by_shape.inputs[0].name, by_shape.inputs[0].layout) == ("scan", "NCTHW")


def test_without_any_shape_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="input shape of 'Conv3d' is not known"):
        sources.export_module(nn.Conv3d(2, 3, 1), None, tmp_path / "a.onnx", 18)


def test_another_device_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="lies on meta"):
        sources.export_module(nn.Conv3d(2, 3, 1, device="meta"), None, tmp_path / "a.onnx", 18)


def test_a_program_for_another_process(tmp_path: Path) -> None:
    spec = sources.save_program(Tiny(), None, tmp_path, 18, seed=3)
    assert (spec.kind, spec.name, spec.seed) == ("pt2 file", "Tiny", 3)
    done = sources.export_onnx(spec, tmp_path / "tiny.onnx", 18, 1).value
    assert done.inputs[0].shape == (1, 3, 4, 8, 8)
    assert not done.untrained


def test_what_torch_export_refuses_goes_as_onnx(tmp_path: Path) -> None:
    spec = sources.save_program(Untraceable(), torch.ones(1, 3, 4, 6, 5), tmp_path, 18)
    assert spec.kind == "onnx file"
    onnx.checker.check_model(onnx.load(spec.location))
