"""Checkpoints: the published format in, every kind of wrong file refused with all its reasons."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from edgeconv_models.checkpoints import CheckpointError
from edgeconv_models.eco_lite import EcoLite, Head

State = dict[str, Tensor]

CONVS_2D = [
    "conv1_7x7_s2",
    "conv2_3x3_reduce",
    "conv2_3x3",
    *(
        f"inception_3{block}_{name}"
        for block in "ab"
        for name in (
            *("1x1", "3x3_reduce", "3x3"),
            *("double_3x3_reduce", "double_3x3_1", "double_3x3_2", "pool_proj"),
        )
    ),
    "inception_3c_double_3x3_reduce",
    "inception_3c_double_3x3_1",
]
CONVS_3D = [
    *("res3a_2", "res3b_1", "res3b_2"),
    *("res4a_1", "res4a_2", "res4a_down", "res4b_1", "res4b_2"),
    *("res5a_1", "res5a_2", "res5a_down", "res5b_1", "res5b_2"),
]
NORMS_3D = [
    *("res3a_bn", "res3b_1_bn", "res3b_bn"),
    *("res4a_1_bn", "res4a_bn", "res4b_1_bn", "res4b_bn"),
    *("res5a_1_bn", "res5a_bn", "res5b_1_bn", "res5b_bn"),
]


def published_keys() -> set[str]:
    """All keys of a published checkpoint, without counters."""
    layers = {f"{name}.{part}" for name in (*CONVS_2D, *CONVS_3D) for part in ("weight", "bias")}
    norms = {
        f"{name}.{part}"
        for name in (*(f"{conv}_bn" for conv in CONVS_2D), *NORMS_3D)
        for part in ("weight", "bias", "running_mean", "running_var")
    }
    return {f"module.base_model.{key}" for key in layers | norms} | {"module.new_fc.weight", "module.new_fc.bias"}


def small(head: Head = "3d", *, seed: int = 0, num_classes: int = 5, backbone: str = "bn-inception") -> EcoLite:
    return EcoLite(
        head, num_classes=num_classes, num_frames=4, image_size=32, width=0.125, backbone=backbone, seed=seed
    )


def publish(network: EcoLite, *, counters: bool = False) -> State:
    """The state of a 3D network under its published names."""
    state: State = {}
    for name, value in network.state_dict().items():
        part, rest = name.split(".", 1)
        if counters or "num_batches" not in name:
            state[("module.new_fc." if part == "classifier" else "module.base_model.") + rest] = value
    return state


def foreign_state(*, counters: bool = False, num_classes: int = 5) -> State:
    """A published state whose every value differs from a freshly seeded network's."""
    network = small(seed=9, num_classes=num_classes)
    for buffer in network.buffers():
        if buffer.is_floating_point():
            buffer.uniform_(0.5, 1.5)
    return publish(network, counters=counters)


@pytest.fixture
def save(tmp_path: Path) -> Callable[[object], Path]:
    def _save(content: object) -> Path:
        torch.save(content, tmp_path / "checkpoint.pth.tar")
        return tmp_path / "checkpoint.pth.tar"

    return _save


Save = Callable[[object], Path]


def refused(network: EcoLite, path: Path) -> tuple[str, ...]:
    """Reasons why the file is refused; the network must stay as it was."""
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with pytest.raises(CheckpointError) as caught:
        network.load_checkpoint(path)
    assert all(value.equal(before[name]) for name, value in network.state_dict().items())
    assert isinstance(caught.value, ValueError)
    assert caught.value.reasons
    assert all(reason in str(caught.value) for reason in caught.value.reasons)
    return caught.value.reasons


def test_published_names() -> None:
    assert publish(small()).keys() == published_keys()


@pytest.mark.parametrize("counters", [False, True])
@pytest.mark.parametrize("nested", [False, True])
def test_published_checkpoint_fills_the_3d_network(save: Save, counters: bool, nested: bool) -> None:
    state = foreign_state(counters=counters)
    path = save({"epoch": 3, "arch": "ECO", "state_dict": state, "best_prec1": torch.tensor(70.0)} if nested else state)
    network = small()
    assert network.load_checkpoint(path) == "2D net, 3D head and classifier from ECO checkpoint"
    assert all(value.equal(state[name]) for name, value in publish(network).items())


@pytest.mark.parametrize("head", ["add", "concat", "sequential"])
def test_published_checkpoint_fills_the_2d_net_of_a_4d_variant(save: Save, head: Head) -> None:
    state = foreign_state(num_classes=11)  # its classifier does not matter here
    network, seeded = small(head), small(head)
    assert network.load_checkpoint(str(save(state))) == "2D net from ECO checkpoint; head seeded"
    fresh = seeded.state_dict()
    for name, value in network.state_dict().items():
        if name.startswith("backbone."):
            published = state.get("module.base_model." + name.removeprefix("backbone."))
            assert published is None or value.equal(published)
        else:
            assert value.equal(fresh[name])


@pytest.mark.parametrize("head", ["3d", "add", "concat", "sequential"])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_own_state_comes_back(save: Save, head: Head, prefix: str) -> None:
    trained = small(head, seed=5)
    path = save({"state_dict": {prefix + name: value for name, value in trained.state_dict().items()}})
    network = small(head)
    assert network.load_checkpoint(path) == "all weights from a checkpoint of this network"
    clip = torch.randn(1, 3, 4, 32, 32)
    with torch.no_grad():
        assert torch.equal(network.eval()(clip), trained.eval()(clip))


def test_other_float_types_are_cast(save: Save) -> None:
    network = small()
    network.load_checkpoint(save({name: value.half() for name, value in foreign_state().items()}))
    assert {p.dtype for p in network.parameters()} == {torch.float32}


def test_all_problems_are_named_at_once(save: Save) -> None:
    state = foreign_state(num_classes=7)
    del state["module.base_model.res4a_down.weight"]
    del state["module.base_model.conv1_7x7_s2_bn.running_var"]
    state["module.base_model.res3a_1.weight"] = torch.zeros(3)
    state["module.base_model.conv2_3x3.bias"][1] = float("nan")
    state["module.base_model.conv2_3x3_bn.running_var"][0] = -1.0
    state["module.base_model.res5b_1.bias"] = torch.full((64,), 1e300, dtype=torch.float64)  # infinite in float32
    state["module.base_model.res3b_2.bias"] = torch.zeros(16, dtype=torch.int64)
    assert set(refused(small(), save(state))) == {
        "missing: base_model.res4a_down.weight",
        "missing: base_model.conv1_7x7_s2_bn.running_var",
        "unexpected: base_model.res3a_1.weight",
        "shape: new_fc.weight is (7, 64) in the file, (5, 64) in the network",
        "shape: new_fc.bias is (7,) in the file, (5,) in the network",
        "values: base_model.conv2_3x3.bias contains NaN or infinity",
        "values: base_model.conv2_3x3_bn.running_var is a variance and contains negative numbers",
        "values: base_model.res5b_1.bias contains NaN or infinity",
        "type: base_model.res3b_2.bias is torch.int64 in the file, torch.float32 in the network",
    }


def test_a_4d_variant_checks_its_2d_net_too(save: Save) -> None:
    state = foreign_state()
    del state["module.base_model.conv2_3x3.bias"]
    state["module.base_model.inception_4a_1x1.bias"] = torch.zeros(3)
    assert refused(small("add"), save(state)) == (
        "missing: base_model.conv2_3x3.bias",
        "unexpected: base_model.inception_4a_1x1.bias",
    )


def test_another_backbone_or_head_does_not_fit(save: Save) -> None:
    assert any(
        r.startswith("unexpected: base_model.conv1")
        for r in refused(small(backbone="mobilenet"), save(publish(small())))
    )
    reasons = refused(small("add"), save(small("concat").state_dict()))
    assert "shape: head.res3a_2.spatial.weight is (8, 12, 3, 3) in the file, (16, 12, 3, 3) in the network" in reasons


class Payload:
    """Unpickling this would create a file."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.target),)


@pytest.mark.parametrize("zipped", [True, False])
def test_code_in_a_file_does_not_run(tmp_path: Path, zipped: bool) -> None:
    path = tmp_path / "evil.pth"
    state = {**publish(small()), "more": Payload(tmp_path / "ran")}
    torch.save(state, path, _use_new_zipfile_serialization=zipped)
    assert "something else than tensors" in refused(small(), path)[0]
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({}, "it holds an empty dict"),
        (torch.zeros(3), "it holds a Tensor"),
        ([1, 2], "it holds a list"),
        ({"state_dict": {}}, "it holds an empty dict"),
        ({"epoch": 3, "weights": torch.zeros(2)}, "'epoch' is a int"),
        ({3: torch.zeros(2)}, "3 is a Tensor"),
        ({"a.weight": torch.eye(2).to_sparse()}, "'a.weight' is a Tensor"),
        ({"a.weight": torch.empty(2, device="meta")}, "'a.weight' is a Tensor"),
        ({"state_dict": {"a.weight": torch.zeros(2), "b": {"c": 1}}}, "'b' is a dict"),
    ],
)
def test_a_file_without_a_state_dict(save: Save, content: object, reason: str) -> None:
    assert reason in refused(small(), save(content))[0]


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    assert refused(small(), tmp_path / "absent.pth") == ("No such file or directory",)
    assert refused(small(), tmp_path) == ("Is a directory",)


def test_truncated_files(save: Save, tmp_path: Path) -> None:
    data = save(publish(small())).read_bytes()
    network = small()
    for length in (0, 1, 4, 100, len(data) // 2, len(data) - 1):
        (tmp_path / "cut.pth").write_bytes(data[:length])
        refused(network, tmp_path / "cut.pth")


NETWORK = small()


@settings(max_examples=60, deadline=None)
@given(data=st.one_of(st.binary(max_size=64), st.binary(max_size=64).map(lambda tail: b"\x80\x02" + tail)))
def test_garbage(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "garbage.pth"
    path.write_bytes(data)
    with pytest.raises(CheckpointError):
        NETWORK.load_checkpoint(path)
