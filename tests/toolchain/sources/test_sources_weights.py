"""Checkpoints of a network that has no loader of its own."""

from __future__ import annotations

import math
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sources_networks import Tiny
from torch import nn

from edgeconv.core.errors import ModelError, UsageError
from edgeconv.sources import SourceSpec
from edgeconv.sources.weights import load_weights, refuse_nan


class Payload:
    """Runs code when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.mark,))


def saved(folder: Path, content: object) -> Path:
    torch.save(content, folder / "weights.pth")
    return folder / "weights.pth"


def refused(path: Path) -> UsageError:
    with pytest.raises(UsageError) as caught:
        load_weights(Tiny(), path)
    assert str(path) in caught.value.message
    return caught.value


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_checkpoint_loads(tmp_path: Path, wrapped: bool) -> None:
    torch.manual_seed(1)
    trained, network = Tiny(), Tiny()
    state = trained.state_dict()
    path = saved(tmp_path, {"epoch": 3, "state_dict": state} if wrapped else state)
    assert load_weights(network, path) == "from weights.pth"
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, state[name])


def test_every_misfit_is_named(tmp_path: Path) -> None:
    state = Tiny().state_dict()
    del state["conv.bias"], state["norm.running_mean"]
    state["extra.weight"] = torch.zeros(1)
    state["classifier.weight"] = torch.zeros(7, 4)
    state["classifier.bias"] = "not a tensor"
    error = refused(saved(tmp_path, state))
    assert error.reasons == (
        "missing: conv.bias",
        "missing: norm.running_mean",
        "unexpected: extra.weight",
        "shape: classifier.weight is [7, 4], the network has [5, 4]",
        "shape: classifier.bias is [], the network has [5]",
    )
    assert "state_dict()" in (error.hint or "")


def test_a_misfit_changes_nothing(tmp_path: Path) -> None:
    network = Tiny()
    before = {n: t.clone() for n, t in network.state_dict().items()}
    state = Tiny().state_dict()
    del state["conv.bias"]
    with pytest.raises(UsageError):
        load_weights(network, saved(tmp_path, state))
    assert all(torch.equal(t, before[n]) for n, t in network.state_dict().items())


@pytest.mark.parametrize("data", [b"", b"garbage", b"PK\x03\x04 a zip that ends early", b"<html>404</html>" * 99])
def test_a_file_that_is_no_checkpoint(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(data)
    error = refused(path)
    assert "is not a checkpoint of plain weights" in error.message
    assert "\n" not in error.message


def test_a_truncated_checkpoint(tmp_path: Path) -> None:
    path = saved(tmp_path, Tiny().state_dict())
    path.write_bytes(path.read_bytes()[:-200])
    assert "is not a checkpoint of plain weights" in refused(path).message


@pytest.mark.parametrize("plain", [False, True])
def test_code_in_a_checkpoint_is_not_run(tmp_path: Path, plain: bool) -> None:
    path, mark = tmp_path / "weights.pth", tmp_path / "ran"
    if plain:
        path.write_bytes(pickle.dumps(Payload(mark)))
    else:
        torch.save({"state_dict": Payload(mark)}, path)
    error = refused(path)
    assert error.message.endswith("is not a checkpoint of plain weights: Weights only load failed")
    assert not mark.exists()


@pytest.mark.parametrize("content", [[1, 2], torch.zeros(3), {"state_dict": [1]}])
def test_a_file_that_holds_something_else(tmp_path: Path, content: object) -> None:
    assert "not a state dict" in refused(saved(tmp_path, content)).message


def test_a_whole_module_is_refused(tmp_path: Path) -> None:
    error = refused(saved(tmp_path, nn.Linear(2, 2)))
    assert "is not a checkpoint of plain weights" in error.message
    assert error.reasons == (
        "it holds a Python object ('torch.nn.modules.linear.Linear'); loading such can run any code",
    )


def test_a_network_with_a_loader_of_its_own_uses_it(tmp_path: Path) -> None:
    class Own(Tiny):
        def load_checkpoint(self, path: Path) -> str:
            if path.stat().st_size:
                raise ValueError(f"{path} does not fit\nand more")
            return "published checkpoint"

    path = tmp_path / "a.pth"
    path.touch()
    assert load_weights(Own(), path) == "published checkpoint (a.pth)"
    path.write_bytes(b"x")
    with pytest.raises(UsageError) as caught:
        load_weights(Own(), path)
    assert caught.value.message == f"{path} does not fit"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_weights_that_are_no_numbers_are_named(tmp_path: Path, value: float) -> None:
    """From a file it is the file's fault, from the factory the model's."""
    network = Tiny()
    with torch.no_grad():
        network.conv.weight[0, 0, 0, 0, 0] = value
        network.norm.running_var[1] = value
    bare = SourceSpec(text="n.py:f", kind="factory", location="n.py:f")
    with pytest.raises(ModelError, match="NaN or infinite") as caught:
        refuse_nan(network, bare)
    assert caught.value.reasons == ("conv.weight", "norm.running_var")
    with pytest.raises(UsageError, match=r"w\.pth holds NaN or infinite"):
        refuse_nan(network, bare.model_copy(update={"weights": tmp_path / "w.pth"}))


def test_good_weights_pass_and_integers_do_not_matter() -> None:
    network = Tiny()
    network.register_buffer("table", torch.tensor(np.iinfo(np.int64).max))
    refuse_nan(network, SourceSpec(text="n.py:f", kind="factory", location="n.py:f"))
