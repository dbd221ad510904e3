"""`edgeconv lower`: files written, what is told, and the exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from cli_models import refused
from cli_tools import edgeconv
from lowering_cases import Weights, model, node

SHAPE = (2, 3, 4, 6, 10)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Conv and BatchNorm, ReLU, a norm over space and time, a temporal convolution."""
    w = Weights(5)
    norm = {f"n.{p}": w(8) for p in "sbm"} | {"n.v": w(8, low=0.5, high=2.0)}
    nodes = [
        node("Conv", ["clip", "k"], ["stem"], pads=[0, 1, 1, 0, 1, 1]),
        node("BatchNormalization", ["stem", "n.s", "n.b", "n.m", "n.v"], ["normed"]),
        node("Relu", ["normed"], ["relu"]),
        node("Conv", ["relu", "k2"], ["late"], pads=[1, 0, 0, 1, 0, 0]),
    ]
    path = tmp_path / "net.onnx"
    onnx.save(model(nodes, {"clip": SHAPE}, ["late"], {"k": w(8, 3, 1, 3, 3), "k2": w(5, 8, 3, 1, 1), **norm}), path)
    return path


def test_the_whole_story_as_text(made: Path, tmp_path: Path) -> None:
    ran = edgeconv("lower", made, "-o", tmp_path / "out.onnx", "--verify", COLUMNS="200")
    assert ran.code == 0, ran.out + ran.err
    for words in (
        "4 → ",
        "largest rank    5 → 4",
        "2 Conv, 1 Relu, 1 BatchNormalization merged",
        "clip [2, 3, 4, 6, 10] NCTHW → [8, 3, 6, 10] = [N·T, C, H, W] (frames)",
        "transposes      none",
        "3 values compared on 2 inputs",
        "1 value not: a BatchNorm behind it was merged",
        "output late of the file",
        "✓ PASSED",
    ):
        assert words in ran.out, ran.out
    onnx.checker.check_model(onnx.load(tmp_path / "out.onnx"))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["net.onnx", "out.onnx"]


def test_the_same_as_json(made: Path, tmp_path: Path) -> None:
    ran = edgeconv("lower", made, "--verify", "--no-simplify", "--json", "--opset", "20", cwd=tmp_path)
    assert (ran.code, ran.err) == (0, "")
    told = json.loads(ran.out)
    assert told["passed"]
    assert told["file"] == "net_4d.onnx"
    assert told["opset"] == 20
    assert (told["before"]["nodes"], told["before"]["max_rank"], told["after"]["max_rank"]) == (4, 5, 4)
    assert told["rules"] == {"Conv": 2, "Relu": 1}
    assert told["transposes"] == []
    assert told["inputs"] == [
        {"name": "clip", "logical": [2, 3, 4, 6, 10], "perm": [0, 2, 1, 3, 4], "physical": [8, 3, 6, 10],
         "layout": "NCTHW"}
    ]  # fmt: skip
    assert told["exporter"] == "none: ONNX file"
    assert told["verification"]["compared"] == 3
    assert told["verification"]["worst"]["relative"] < 1e-5
    assert [t["name"] for t in told["timings"]] == ["export to ONNX", "lower", "compare layer by layer"]
    assert all(t["peak_mib"] > 0 for t in told["timings"])
    assert onnx.load(tmp_path / "net_4d.onnx").opset_import[0].version == 20


def test_transposes_are_told_with_their_cause(tmp_path: Path) -> None:
    nodes = [node("Transpose", ["clip"], ["moved"], perm=[0, 4, 1, 3, 2]), node("Flatten", ["moved"], ["y"])]
    onnx.save(model(nodes, {"clip": SHAPE}, ["y"]), tmp_path / "net.onnx")
    ran = edgeconv("lower", tmp_path / "net.onnx", "--input-layout", "NCTHW", "--json", cwd=tmp_path)
    assert ran.code == 0, ran.out + ran.err
    told = json.loads(ran.out)
    assert len(told["transposes"]) == told["after"]["ops"]["Transpose"] == 1
    assert told["transposes"][0].startswith("output 'y': ")


def test_a_factory_with_arguments_says_that_it_is_untrained(tiny: str, tmp_path: Path) -> None:
    ran = edgeconv("lower", tiny, "--set", "classes=7", "--threads", "1", "-q", "--json", "--no-simplify", cwd=tmp_path)
    assert ran.code == 0, ran.out + ran.err
    told = json.loads(ran.out)
    assert told["untrained"]
    assert told["exporter"].startswith("torch.onnx (torchscript)")
    assert told["outputs"][0]["logical"] == [1, 7]
    assert (tmp_path / "tiny_4d.onnx").is_file()


def test_refusals_are_all_told_and_nothing_is_written(tmp_path: Path) -> None:
    ran = edgeconv("lower", refused(tmp_path / "net.onnx"), "-o", tmp_path / "out.onnx")
    assert ran.code == 3
    assert "GridSample 'warped'" in ran.err
    assert "Det 'out'" in ran.err
    assert not (tmp_path / "out.onnx").exists()


@pytest.mark.parametrize("opset", ["18", "21"])
def test_the_ends_of_the_opset_range_run(made: Path, opset: str, tmp_path: Path) -> None:
    ran = edgeconv("lower", made, "-o", tmp_path / "out.onnx", "--opset", opset, "--verify", "-q", "--no-simplify")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    written = onnx.load(tmp_path / "out.onnx")
    onnx.checker.check_model(written, full_check=True)
    assert written.opset_import[0].version == int(opset)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("no-such-model",), "there is no model"),
        (("net.onnx",), "does not exist"),
        (("eco-lite-3d", "--opset", "7"), "ONNX of opset 7 cannot be written"),
        (("eco-lite-3d", "--set", "x"), "not name=value"),
        (("eco-lite-3d", "-o", "."), "is a folder"),
    ],
)
def test_wrong_use(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    ran = edgeconv("lower", *arguments, cwd=tmp_path)
    assert ran.code == 2, ran.out + ran.err
    assert words in ran.err


def test_rounding_that_becomes_the_result_fails_the_gate_and_keeps_the_file(tmp_path: Path) -> None:
    """The difference of two equal convolutions is rounding alone: no operator is wrong, and yet nothing agrees."""
    kernel = Weights()(4, 3, 3, 3, 1) * 100
    nodes = [
        node("Conv", ["clip", "k"], ["a"]),
        node("Gather", ["clip", "order"], ["turned"], axis=1),
        node("Conv", ["turned", "k2"], ["b"]),
        node("Sub", ["a", "b"], ["y"]),
    ]
    weights = {"k": kernel, "k2": np.ascontiguousarray(kernel[:, ::-1]), "order": np.array([2, 1, 0])}
    onnx.save(model(nodes, {"clip": SHAPE}, ["y"], weights), tmp_path / "net.onnx")
    ran = edgeconv("lower", tmp_path / "net.onnx", "-o", tmp_path / "out.onnx", "--verify", "--no-simplify")
    assert ran.code == 1, ran.out + ran.err
    assert "gate failed: out.onnx: outputs" in ran.out
    assert "1 layer beyond 1e-05 only because of rounding on the way" in ran.out
    assert "layers that differ by themselves" not in ran.out
    assert (tmp_path / "out.onnx").is_file()
