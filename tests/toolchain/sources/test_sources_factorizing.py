"""Checkpoints of factorised networks: written, both exporters take them, and refusals."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
import torch
from sources_specs import Spec
from torch import nn

from edgeconv.core.errors import ModelError, UsageError
from edgeconv.sources import FactorizeRequest, exporters, resolve
from edgeconv.sources.building import build
from edgeconv.sources.factorizing import factorize
from edgeconv.sources.torch_worker import count_macs
from edgeconv.sources.weights import load_weights
from edgeconv_models import factorize as replace_convolutions

pytestmark = pytest.mark.usefixtures("in_process")


@pytest.mark.parametrize("dynamo", [False, True])
@pytest.mark.parametrize("combine", ["add", "concat", "sequential"])
def test_both_exporters_find_conv2d_alone(combine: str, dynamo: bool, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv3d(4, 6, (3, 5, 3), (2, 1, 2), (1, 0, 2), groups=2),
        nn.ReLU(),
        nn.Conv3d(6, 5, 3, 1, (0, 1, 1), (1, 1, 2), padding_mode="replicate"),
    )
    made = replace_convolutions(network, combine).network.eval()  # type: ignore[arg-type]
    subject = exporters.subject_of(made, (torch.zeros(2, 4, 7, 9, 11),))
    exporters._export(subject, tmp_path / "net.onnx", 18, dynamo)
    assert exporters.difference(tmp_path / "net.onnx", subject) < 1e-5
    graph = onnx.load(tmp_path / "net.onnx").graph
    ranks = {i.name: len(i.dims) for i in graph.initializer}
    assert [ranks[n.input[1]] for n in graph.node if n.op_type == "Conv"] == [4] * 4


def test_the_checkpoint_is_written_and_told(spec: Spec, tmp_path: Path) -> None:
    told = factorize(FactorizeRequest(spec=spec("tiny"), target=tmp_path / "made.pt", combine="concat", threads=1))
    assert [(layer.name, layer.kernel, layer.parameters) for layer in told.layers] == [
        ("conv", (3, 3, 3), (3 * 4 * 27 + 4, 3 * 2 * (9 + 3) + 4))
    ]
    assert told.untrained
    made = spec("tiny").model_copy(update={"weights": tmp_path / "made.pt"})
    built = build(made)
    assert built.notes == ("1 Conv3d are factorised (concat), as the checkpoint says",)
    assert load_weights(built.network, tmp_path / "made.pt") == "from made.pt"
    assert sum(p.numel() for p in built.network.parameters()) == told.parameters[1]
    assert count_macs(built) == told.macs[1] < told.macs[0]


def test_what_was_factorised_can_be_factorised_further(tmp_path: Path) -> None:
    small = {"num_frames": "4", "image_size": "32", "width": "0.05", "num_classes": "3"}
    first, second = tmp_path / "first.pt", tmp_path / "second.pt"
    spec = resolve("eco-lite-3d", options=small)
    factorize(FactorizeRequest(spec=spec, target=first, layers=("head.res3*",), threads=1))
    spec = spec.model_copy(update={"weights": first})
    told = factorize(FactorizeRequest(spec=spec, target=second, combine="concat", threads=1))
    assert not told.untrained
    built = build(spec.model_copy(update={"weights": second}))
    assert built.notes == ("13 Conv3d are factorised (add, concat), as the checkpoint says",)
    assert "all weights" in load_weights(built.network, second)


def test_nothing_to_replace(spec: Spec, tmp_path: Path) -> None:
    request = FactorizeRequest(spec=spec("tiny"), target=tmp_path / "made.pt", layers=("norm",), threads=1)
    with pytest.raises(ModelError, match="'tiny' cannot be factorised: no Conv3d is called 'norm'; there is conv"):
        factorize(request)
    assert not request.target.exists()


def test_a_checkpoint_of_another_network(spec: Spec, tmp_path: Path) -> None:
    path = tmp_path / "made.pt"
    torch.save({"state_dict": {}, "factorized": {"other": "add"}}, path)
    with pytest.raises(UsageError, match="does not fit this network: the file has a factorised layer 'other'"):
        build(spec("tiny").model_copy(update={"weights": path}))
