"""What a user may write for SOURCE, and what they are told when it is wrong."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from edgeconv.core.errors import UsageError
from edgeconv.sources import SourceSpec, model_names, resolve


def read(text: str, **changes: Any) -> SourceSpec:
    given: dict[str, Any] = {"options": {}, "weights": None, "input_shape": None, "input_layout": None, "seed": 0}
    return resolve(text, **(given | changes))


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("net.py", "model.onnx", "program.pt2", "weights.pth"):
        (tmp_path / name).write_bytes(b"")
    return tmp_path


def test_registered_names() -> None:
    assert {"eco-lite-3d", "eco-lite-4d-add", "eco-lite-4d-concat", "eco-lite-4d-sequential"} <= set(model_names())
    found = read("eco-lite-4d-add", seed=3)
    assert (found.kind, found.location) == ("built-in model", "edgeconv_models:eco_lite_4d_add")
    assert (found.name, found.seed) == ("eco-lite-4d-add", 3)


def test_file_and_factory(files: Path) -> None:
    found = read("net.py:build")
    assert (found.kind, found.location, found.name) == ("factory", f"{files}/net.py:build", "build")


def test_module_and_factory() -> None:
    """The module is not imported here, so it need not exist yet."""
    found = read("my.package:build")
    assert (found.kind, found.location, found.name) == ("factory", "my.package:build", "build")


@pytest.mark.parametrize("name", ["model.onnx", "a:b.onnx", "two:parts/model.onnx"])
def test_onnx_file(files: Path, name: str) -> None:
    (files / name).parent.mkdir(exist_ok=True)
    (files / name).write_bytes(b"")
    found = read(name)
    assert (found.kind, found.location) == ("onnx file", str(files / name))
    assert found.name == Path(name).stem


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("eco-lite-4d-ad", "did you mean 'eco-lite-4d-add'"),
        ("eco_lite_3d", "did you mean 'eco-lite-3d'"),
        ("resnet", "known names: eco-lite-3d, "),
        ("", "known names: "),
        ("net.py", "file.py:factory"),
        ("model.pth", "model.onnx"),
        (":build", "package.module:factory"),
        ("package:", "package.module:factory"),
    ],
)
def test_unknown_models_get_a_hint(files: Path, text: str, hint: str) -> None:  # noqa: ARG001
    with pytest.raises(UsageError, match="there is no model") as caught:
        read(text)
    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("missing.onnx", "does not exist"),
        ("missing.py:build", "does not exist"),
        ("folder.onnx", "is a folder"),
        ("pipe.onnx", "is not a regular file"),
    ],
)
def test_files_that_are_not_there(files: Path, text: str, says: str) -> None:
    (files / "folder.onnx").mkdir()
    os.mkfifo(files / "pipe.onnx")
    with pytest.raises(UsageError, match=says):
        read(text)


@pytest.mark.parametrize("weights", ["missing.pth", "."])
def test_weights_that_are_not_there(files: Path, weights: str) -> None:
    with pytest.raises(UsageError, match=r"weights file .* does not exist"):
        read("eco-lite-3d", weights=files / weights)


@pytest.mark.parametrize("name", ["model.onnx", "program.pt2"])
def test_a_file_takes_neither_weights_nor_arguments(files: Path, name: str) -> None:
    with pytest.raises(UsageError, match="holds its own weights"):
        read(name, weights=files / "weights.pth")
    with pytest.raises(UsageError, match="takes no factory arguments"):
        read(name, options={"width": "1"})


@pytest.mark.parametrize("layout", ["NCXHW", "NCCHW", "N,C,T", "NCTHWN"])
def test_layouts_that_are_none(layout: str) -> None:
    with pytest.raises(UsageError, match="is not an axis order"):
        read("eco-lite-3d", input_layout=layout)


def test_a_layout_may_be_written_small() -> None:
    assert read("eco-lite-3d", input_layout="ncthw").input_layouts == ("NCTHW",)


def test_volumes_call_their_first_axis_d() -> None:
    assert read("eco-lite-3d", input_layout="NCDHW").input_layouts == ("NCTHW",)
    with pytest.raises(UsageError, match="is not an axis order"):
        read("eco-lite-3d", input_layout="NTDHW")


def test_a_layout_must_have_as_many_axes_as_the_shape() -> None:
    assert read("eco-lite-3d", input_layout="NCTHW", input_shape=(1, 3, 4, 8, 8)).input_shapes == ((1, 3, 4, 8, 8),)
    with pytest.raises(UsageError, match="names 5 axes, but the input shape has 4"):
        read("eco-lite-3d", input_layout="NCTHW", input_shape=(1, 3, 8, 8))


@pytest.mark.parametrize("shape", [(), (1, 3, 0, 8, 8), (1, -3, 4, 8, 8), (1, 3, 10**6, 10**6, 1)])
def test_shapes_that_cannot_be(shape: tuple[int, ...]) -> None:
    with pytest.raises(UsageError, match="is not possible"):
        read("eco-lite-3d", input_shape=shape)


def test_several_inputs_in_their_order_or_by_name() -> None:
    shapes = (1, 3, 2, 8, 8), (1, 3, 8, 8, 8)
    assert read("eco-lite-3d", input_shape=shapes).input_shapes == shapes
    named = dict(zip(("slow", "fast"), shapes, strict=True))
    found = read("eco-lite-3d", input_shape=named, input_layout={"fast": "ncdhw"})
    assert (found.input_shapes, found.input_layouts) == (named, {"fast": "NCTHW"})
    with pytest.raises(UsageError, match="names 4 axes, but the input shape has 5"):
        read("eco-lite-3d", input_shape=named, input_layout={"fast": "NCHW"})


def test_pt2_file(files: Path) -> None:
    found = read("program.pt2")
    assert (found.kind, found.location, found.name) == ("pt2 file", str(files / "program.pt2"), "program")
    assert found.from_file
