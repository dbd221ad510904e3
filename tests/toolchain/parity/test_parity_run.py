"""Real runtimes in child processes; one that fails is a finding, and the others still run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from edgeconv.core.layout import Array
from edgeconv.parity import Candidate, End, ParityRun, run_parity
from edgeconv.profiles import ParityProfile
from edgeconv.runtimes import Feed

CLIPS = np.arange(2 * 6, dtype=np.float32).reshape(2, 1, 6) / 10
Known = dict[str, tuple[Array, ...]]
Whole = tuple[ParityRun, Known, list[str]]
NAMES = ("a.mp4#0", "b.mp4#0")


def write_onnx(path: Path, kind: str, *, turned: bool = False) -> Path:
    """clip [1, 6] → kind → logits [1, 6]; or, turned, on [6, 1]."""
    shape = [6, 1] if turned else [1, 6]
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, shape) for n in ("clip", "logits")]
    graph = helper.make_graph([helper.make_node(kind, ["clip"], ["logits"])], "g", ends[:1], ends[1:])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), path)
    return path


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parity")
    np.save(folder / "clips.npy", CLIPS)
    np.save(folder / "turned.npy", CLIPS)
    write_onnx(folder / "exp.onnx", "Exp")
    write_onnx(folder / "turned.onnx", "Exp", turned=True)
    write_onnx(folder / "negative.onnx", "Neg")
    write_onnx(folder / "reciprocal.onnx", "Reciprocal")
    (folder / "garbage.tflite").write_bytes(b"\x1c\0\0\0TFL3" + b"\xff" * 64)
    return folder


def candidate(
    place: Path, name: str, model: str, reference: str = "PyTorch", runtime: str = "onnxruntime"
) -> Candidate:
    feed = Feed(clips=place / "clips.npy", perm=(0, 1), physical=(1, 6))
    return Candidate(name, reference, runtime, place / model, (feed,), quantized=runtime != "onnxruntime")


def run(place: Path, candidates: list[Candidate], known: Known, told: list[str] | None = None) -> ParityRun:
    told = [] if told is None else told
    return run_parity(candidates, known, NAMES, ParityProfile(), place, 1, told.append)


@pytest.fixture(scope="module")
def whole(place: Path) -> Whole:
    """Good, crashing, bad, in memory order, NaN: one run of all."""
    turned = replace(
        candidate(place, "lowered", "turned.onnx", "original"),
        feeds=(Feed(clips=place / "clips.npy", perm=(1, 0), physical=(6, 1)),),
        outputs=(End("logits", (1, 0), (1, 6)),),
        across=False,
    )
    candidates = [
        candidate(place, "original", "exp.onnx"),
        candidate(place, "int8 TFLite (litert)", "garbage.tflite", runtime="litert"),
        turned,
        candidate(place, "wrong", "negative.onnx"),
        candidate(place, "divides by zero", "reciprocal.onnx"),
    ]
    known: Known = {"PyTorch": (np.exp(CLIPS),)}
    told: list[str] = []
    return run(place, candidates, known, told), known, told


def test_all_candidates_run_in_order_whatever_one_of_them_does(
    whole: Whole,
) -> None:
    made, known, told = whole
    assert told == ["original", "int8 TFLite (litert)", "lowered", "wrong", "divides by zero"]
    assert [p.candidate for p in made.pairs] == told
    assert [p.reference for p in made.pairs] == ["PyTorch", "PyTorch", "original", "PyTorch", "PyTorch"]
    assert "int8 TFLite (litert)" not in {*known, *made.measured, *made.peaks}
    assert len(made.measured["original"].milliseconds) == 2
    assert made.peaks["original"] > 10


def test_a_good_candidate_is_green(whole: Whole) -> None:
    made, known, _ = whole
    gate = made.gates[0]
    assert gate.passed
    assert gate.required.startswith("at most 0.0001")  # another runtime than the reference
    assert made.pairs[0].worst.relative < 1e-6
    assert set(made.pairs[0].clips) == set(NAMES)
    np.testing.assert_allclose(known["original"][0], np.exp(CLIPS), rtol=1e-5)


def test_a_crash_is_a_pair_with_a_failure_and_red_gates(whole: Whole) -> None:
    made, _, _ = whole
    assert made.pairs[1].failure
    assert made.pairs[1].clips == {}
    red = [g for g in made.gates if "int8 TFLite" in g.name]
    assert len(red) == 3
    assert {(g.passed, g.measured) for g in red} == {(False, made.pairs[1].failure)}


def test_outputs_in_memory_order_are_turned_back(whole: Whole) -> None:
    made, known, _ = whole
    assert known["lowered"][0].shape == (2, 1, 6)
    assert made.pairs[2].worst.relative == 0
    gate = next(g for g in made.gates if "lowered" in g.name)
    assert gate.passed
    assert gate.required.startswith("at most 1e-05")  # the same runtime as the reference


def test_a_wrong_candidate_is_red_with_its_worst_clip(whole: Whole) -> None:
    made, _, _ = whole
    gate = next(g for g in made.gates if "wrong" in g.name)
    assert not gate.passed
    assert gate.detail == "worst clip b.mp4#0"
    assert not made.pairs[3].failure


def test_infinite_outputs_are_a_finding(whole: Whole) -> None:
    made, _, _ = whole
    assert "a.mp4#0" in made.pairs[4].failure
    assert not next(g for g in made.gates if "divides" in g.name).passed


def test_a_candidate_without_a_reference_becomes_one(place: Path) -> None:
    """An .onnx source: there is no PyTorch."""
    known: Known = {}
    made = run(place, [candidate(place, "original", "exp.onnx")], known)
    assert (made.pairs, made.gates) == ([], [])
    assert list(known) == ["original"]


def test_nothing_is_left_in_the_scratch_folder(
    place: Path,
    whole: Whole,  # noqa: ARG001
) -> None:
    assert list(place.glob("outputs_*")) == []


def test_a_candidate_whose_reference_crashed_is_not_passed_over(place: Path) -> None:
    (place / "garbage.onnx").write_bytes(b"not a model")
    candidates = [
        candidate(place, "original", "garbage.onnx"),
        candidate(place, "lowered", "exp.onnx", "original"),
    ]
    result = run(place, candidates, {"PyTorch": (np.exp(CLIPS),)})
    assert [p.candidate for p in result.pairs] == ["original", "lowered"]
    assert result.pairs[1].failure == "its reference, original, gave no outputs"
    assert not any(g.passed for g in result.gates)


def test_outputs_that_do_not_match_are_a_finding(place: Path) -> None:
    """Two of PyTorch, one of the file."""
    result = run(place, [candidate(place, "original", "exp.onnx")], {"PyTorch": (np.exp(CLIPS), np.exp(CLIPS))})
    assert result.pairs[0].failure
    assert not any(g.passed for g in result.gates)
