"""onnxsim is never trusted: it runs in a child, and what it gives must run and agree."""

from __future__ import annotations

from pathlib import Path

import onnx
from lowering_cases import Array, Weights, difference, model, node, run_onnx

from edgeconv.lowering import OnnxBackend, SimplifyOutcome, graph_of, lower, simplify
from edgeconv.lowering.simplify import ATTEMPTS

w = Weights(1)
SHAPE = (2, 3, 6, 8, 10)


def lowered(path: Path) -> tuple[onnx.ModelProto, Array]:
    """A lowered model with equal views in it, which onnxsim merges; written to path."""
    nodes = [node("Conv", ["x", "a"], ["p"], pads=[1] * 6), node("Conv", ["x", "b"], ["q"], pads=[1] * 6),
             node("Add", ["p", "q"], ["s"]), node("Relu", ["s"], ["y"])]  # fmt: skip
    made = model(nodes, {"x": SHAPE}, ["y"], {"a": w(4, 3, 3, 3, 3), "b": w(4, 3, 3, 3, 3)})
    backend = OnnxBackend(18)
    lower(graph_of(made), backend, {"x": "NCTHW"})
    backend.save(path)
    return backend.model(), w.clip(12, 3, 8, 10)


def test_a_healthy_model_gets_smaller_and_stays_equal(tmp_path: Path) -> None:
    made, x = lowered(tmp_path / "in.onnx")
    outcome = simplify(tmp_path / "in.onnx", tmp_path / "out.onnx", 1e-5)
    assert outcome.simplified
    assert outcome.notes == ()
    assert outcome.nodes_after < outcome.nodes_before == len(made.graph.node)
    assert outcome.relative <= 1e-5
    result = onnx.load(tmp_path / "out.onnx")
    assert len(result.graph.node) == outcome.nodes_after
    assert difference(run_onnx(result, {"x": x})[0], run_onnx(made, {"x": x})[0]) <= 1e-5


def kept(outcome: SimplifyOutcome, source: Path, target: Path) -> None:
    assert not outcome.simplified
    assert len(outcome.notes) == len(ATTEMPTS) == 3
    assert target.read_bytes() == source.read_bytes()


def test_garbage_fails_every_attempt_and_is_kept_with_the_reasons(tmp_path: Path) -> None:
    source, target = tmp_path / "in.onnx", tmp_path / "out.onnx"
    source.write_bytes(b"this is no model")
    outcome = simplify(source, target, 1e-5)
    kept(outcome, source, target)
    assert all(note.startswith("onnxsim with ") and "failed" in note for note in outcome.notes)
    assert "all passes" in outcome.notes[0]
    assert "skip_constant_folding" in outcome.notes[1]


def test_outputs_that_are_not_finite_are_no_agreement(tmp_path: Path) -> None:
    """Logarithms of negative numbers: NaN equals nothing, so the plain file stays."""
    source, target = tmp_path / "in.onnx", tmp_path / "out.onnx"
    onnx.save(model([node("Log", ["x"], ["y"])], {"x": (40, 50)}, ["y"]), source)
    outcome = simplify(source, target, 1e-5)
    kept(outcome, source, target)
    assert all("changed the outputs by nan of their scale" in note for note in outcome.notes)


def test_inputs_that_are_no_float32_are_fed_as_what_they_are(tmp_path: Path) -> None:
    source = tmp_path / "in.onnx"
    made = model([node("Add", ["x", "x"], ["y"])], {"x": (4, 5)}, ["y"], dtype="float64")
    made.graph.input.append(onnx.helper.make_tensor_value_info("i", onnx.TensorProto.INT64, (2,)))
    made.graph.node.append(node("Gather", ["y", "i"], ["z"]))
    made.graph.output.append(onnx.helper.make_tensor_value_info("z", onnx.TensorProto.DOUBLE, (2, 5)))
    onnx.save(made, source)
    assert simplify(source, tmp_path / "out.onnx", 1e-5).simplified
