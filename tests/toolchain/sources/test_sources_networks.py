"""Building a user's network: options, shapes, and faults in their code. The child's side, in this process."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from sources_specs import NETWORKS, Spec
from torch import nn

from edgeconv.core.errors import EdgeconvError, ModelError, UsageError
from edgeconv.core.layout import Array
from edgeconv.core.report import InputInfo
from edgeconv.sources import PrepareRequest, SourceSpec, building, resolve
from edgeconv.sources.torch_worker import describe, prepare

pytestmark = pytest.mark.usefixtures("in_process")


def request_for(spec: SourceSpec, folder: Path, clips: Array) -> PrepareRequest:
    np.save(folder / "clips.npy", clips)
    return PrepareRequest(
        spec=spec,
        calibration=(folder / "clips.npy",),
        verification=(folder / "clips.npy",),
        onnx=folder / "m.onnx",
        reference=folder / "torch.npy",
        opset=18,
        threads=1,
    )


def network_of(spec: SourceSpec) -> nn.Module:
    return building.build(spec).network


def refused(spec: SourceSpec, kind: type[EdgeconvError] = UsageError) -> EdgeconvError:
    with pytest.raises(kind) as caught:
        describe(spec)
    assert type(caught.value) is kind
    return caught.value


def test_options_are_python_literals_where_they_are(spec: Spec) -> None:
    network = network_of(spec("tiny", classes="7", width="2", kind="fancy"))
    assert network.classifier.weight.shape == (7, 2)


def test_an_unknown_option_gets_a_hint(spec: Spec) -> None:
    error = refused(spec("tiny", widht="2"))
    assert "'tiny' takes no argument 'widht'" in error.message
    assert error.hint == "did you mean 'width'?"
    assert refused(spec("unseeded", a="2")).hint == "it takes none at all"


def test_open_ended_factories_take_any_option(spec: Spec) -> None:
    assert network_of(spec("open_ended", classes="2")).classifier.out_features == 2


@pytest.mark.parametrize(
    ("factory", "options", "said"),
    [
        ("tiny", {"width": "-1"}, "'tiny' cannot be built: width must be positive, not -1"),
        ("tiny", {"kind": "odd"}, "there is no kind 'odd'"),
        ("tiny", {"classes": "many"}, "'tiny' cannot be built: "),
        ("open_ended", {"depth": "2"}, "unexpected keyword argument 'depth'"),
        ("demanding", {}, "missing 1 required positional argument: 'width'"),
        ("number", {}, "gave a int, not a torch.nn.Module"),
        ("not_a_factory", {}, "has no factory 'not_a_factory'"),
    ],
)
def test_wrong_use_of_a_factory(spec: Spec, factory: str, options: dict[str, str], said: str) -> None:
    assert said in refused(spec(factory, **options)).message


def test_no_such_function_gets_a_hint(spec: Spec) -> None:
    assert refused(spec("shapless")).hint == "did you mean 'shapeless'?"


def test_a_fault_of_the_users_code_is_told_with_its_place(spec: Spec) -> None:
    error = refused(spec("breaks"))
    assert error.message == "the network 'breaks' cannot be built: KeyError: 'backbone'"
    line = NETWORKS.read_text().splitlines().index('    raise KeyError("backbone")') + 1
    assert error.reasons == (f"raised in {NETWORKS}:{line}",)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("def build(:\n", "SyntaxError"),
        ("import no_such_package\n", "No module named 'no_such_package'"),
        ("1 / 0\n", "ZeroDivisionError"),
        ("\0", "cannot be imported"),
    ],
)
def test_a_file_that_cannot_be_imported(tmp_path: Path, spec: Spec, code: str, said: str) -> None:
    (tmp_path / "broken.py").write_text(code)
    error = refused(spec("build", file=tmp_path / "broken.py"))
    assert f"'{tmp_path / 'broken.py'}' cannot be imported" in error.message
    assert said in error.message


def test_a_module_that_is_not_there() -> None:
    missing = resolve("no.such:build")
    assert "No module named 'no'" in refused(missing).message


def test_a_module_is_found_where_the_user_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_own_nets.py").write_text(NETWORKS.read_text())
    monkeypatch.chdir(tmp_path)
    own = resolve("my_own_nets:tiny")
    assert describe(own).inputs[0].shape == (1, 3, 4, 8, 8)


def test_a_file_may_import_its_neighbours(tmp_path: Path, spec: Spec) -> None:
    (tmp_path / "my_neighbour.py").write_text(NETWORKS.read_text())
    (tmp_path / "entry.py").write_text("from my_neighbour import tiny as build\n")
    assert describe(spec("build", file=tmp_path / "entry.py")).parameters > 0


def test_a_network_without_a_shape_needs_one(spec: Spec) -> None:
    error = refused(spec("shapeless"))
    assert "the input shape of 'shapeless' is not known" in error.message
    assert "--input-shape" in (error.hint or "")
    told = describe(spec("shapeless", shape=(1, 3, 2, 4, 4)))
    assert told.inputs == (InputInfo(name="clip", shape=(1, 3, 2, 4, 4), layout="NCTHW"),)


def test_the_axes_of_another_rank_are_not_guessed(spec: Spec) -> None:
    assert describe(spec("shapeless", shape=(3, 2, 4, 4))).inputs[0].layout == ""
    assert describe(spec("shapeless", shape=(3, 2, 4, 4), layout="CTHW")).inputs[0].layout == "CTHW"


@pytest.mark.parametrize(
    ("factory", "shape"),
    [
        ("tiny", (1, 2, 4, 8, 8)),  # torch raises RuntimeError
        ("with_norm_in_head", (3, 4, 8, 8)),  # BatchNorm3d raises ValueError
        ("strict", (1, 3, 5, 8, 8)),  # the network's own assertion
    ],
)
def test_a_clip_that_the_network_does_not_take(
    tmp_path: Path, spec: Spec, clips: Array, factory: str, shape: tuple[int, ...]
) -> None:
    wrong = spec(factory, shape=shape, layout="NCTHW"[-len(shape) :])
    assert describe(wrong).macs == 0
    fitting = np.resize(clips, (2, *shape))
    with pytest.raises(ModelError, match="does not run on a clip of shape") as caught:
        prepare(request_for(wrong, tmp_path, fitting))
    assert "--input-shape" in (caught.value.hint or "")
    assert caught.value.reasons[0]


def test_a_network_that_gives_no_tensor(tmp_path: Path, spec: Spec, clips: Array) -> None:
    with pytest.raises(ModelError, match="gives a int, not a tensor"):
        prepare(request_for(spec("counting"), tmp_path, clips))


@pytest.mark.parametrize("factory", ["tiny", "unseeded"])
def test_the_same_seed_gives_the_same_network_in_every_process(spec: Spec, factory: str) -> None:
    """Whether the factory takes a seed or knows of none."""

    def weights(seed: int) -> torch.Tensor:
        building._BUILT.clear()
        torch.rand(3)  # another process would stand elsewhere
        return network_of(spec(factory, seed=seed)).conv.weight

    assert torch.equal(weights(0), weights(0))
    assert not torch.equal(weights(0), weights(1))


def test_a_seed_among_the_options_goes_before_the_general_one(spec: Spec) -> None:
    wanted = network_of(spec("tiny", seed=5)).conv.weight
    chosen = spec("tiny", seed=1).model_copy(update={"options": {"seed": "5"}})
    assert torch.equal(network_of(chosen).conv.weight, wanted)


def test_a_file_may_bear_the_name_of_a_package(tmp_path: Path, spec: Spec) -> None:
    (tmp_path / "torch.py").write_text(NETWORKS.read_text())
    assert describe(spec("tiny", file=tmp_path / "torch.py")).parameters > 0
    assert __import__("sys").modules["torch"] is torch
