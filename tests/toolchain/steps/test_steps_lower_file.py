"""Lowering a file in a child: what it tells, and which values still mean the same."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
from lowering_cases import Weights, model, node

from edgeconv.core.errors import ModelError
from edgeconv.steps.lower_file import LowerFileRequest, changed_values, lower_in_child

SHAPE = (2, 3, 4, 6, 5)


def request(folder: Path, made: onnx.ModelProto) -> LowerFileRequest:
    onnx.save(made, folder / "original.onnx")
    return LowerFileRequest(
        source=folder / "original.onnx", target=folder / "lowered.onnx", opset=18, layouts={"x": "NCTHW"}
    )


def test_a_file_is_lowered_and_measured(tmp_path: Path) -> None:
    w = Weights()
    nodes = [node("Conv", ["x", "k"], ["a"]), node("Relu", ["a"], ["y"])]
    result = lower_in_child(request(tmp_path, model(nodes, {"x": SHAPE}, ["y"], {"k": w(5, 3, 2, 3, 1)})), 1)
    done = result.value
    assert done.rules == {"Conv": 1, "Relu": 1}
    assert [c.name for c in done.counterparts] == ["a", "y"]
    assert done.inputs[0].physical == (8, 3, 6, 5)
    assert done.merged == ()
    assert 0 < done.seconds <= result.seconds
    assert result.peak_mib > 20
    onnx.checker.check_model(onnx.load(tmp_path / "lowered.onnx"))


def test_all_refusals_come_back_from_the_child(tmp_path: Path) -> None:
    nodes = [node("Det", ["x"], ["a"]), node("Det", ["x"], ["y"])]
    with pytest.raises(ModelError) as refused:
        lower_in_child(request(tmp_path, model(nodes, {"x": (2, 3, 4, 5, 5)}, ["a", "y"])), 1)
    assert len(refused.value.reasons) == 2
    assert not (tmp_path / "lowered.onnx").exists()


def test_what_a_merged_batch_norm_changes() -> None:
    before = {
        "a": ("Conv", ("x", "k")),
        "b": ("Conv", ("x", "k2")),
        "c": ("Add", ("a", "b")),
        "y": ("BatchNormalization", ("c",)),
        "z": ("Relu", ("y",)),
    }
    after = {
        "a": ("Conv", ("x", "a:weight", "a:bias")),
        "b": ("Conv", ("x", "b:weight", "b:bias")),
        "y": ("Add", ("a", "b")),
        "z": ("Relu", ("y",)),
    }
    assert changed_values(before, after) == ("a", "b", "c")
    assert changed_values(before, before) == ()
