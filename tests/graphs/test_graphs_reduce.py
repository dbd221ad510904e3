"""The reducer, on bugs that were planted."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from graphs_generate import generate, is_sound
from graphs_judge import Finding, judge, lowered
from graphs_ops import Op
from graphs_reduce import fails_like, reduced
from graphs_spec import Spec
from graphs_store import keep, load, stored

from edgeconv.core.layout import Value, constant
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import RULES, Node, load_rules
from edgeconv.tflite import TfliteBackend


@pytest.fixture
def reversed_taps(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time axis of every kernel of three frames is read backwards."""
    load_rules()
    right = RULES["Conv"]

    def wrong(ctx: Context, node: Node) -> Value | tuple[Value, ...]:
        weight = node.required(1, "weight")
        if weight.ndim == 5 and weight.shape[2] == 3:
            inputs = list(node.inputs)
            inputs[1] = constant(weight[:, :, ::-1])
            node = dataclasses.replace(node, inputs=tuple(inputs))
        return right(ctx, node)

    monkeypatch.setitem(RULES, "Conv", wrong)


@pytest.fixture
def wrong_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the emitted TFLite is wrong: a subtraction has its operands exchanged."""
    binary = TfliteBackend.binary

    def wrong(self: TfliteBackend, op: str, left: str, right: str) -> str:
        return binary(self, op, right, left) if op == "Sub" else binary(self, op, left, right)

    monkeypatch.setattr(TfliteBackend, "binary", wrong)


def first_failure(stage: str, matters: Callable[[Op], bool]) -> tuple[Spec, Finding]:
    """The first graph of more than ten steps that shows the planted bug."""
    for seed in range(300):
        spec = generate(seed)
        if len(spec.steps) > 10 and any(matters(step.op) for step in spec.steps):
            found = [f for f in judge(spec).findings if f.stage == stage and f.kind == "value"]
            if found:
                return spec, found[0]
    raise AssertionError("the planted bug is never seen")


def names(spec: Spec) -> Sequence[str]:
    return [type(step.op).__name__ for step in spec.steps]


@pytest.mark.usefixtures("reversed_taps")
def test_a_wrong_rule_is_reduced_to_its_operator(tmp_path: Path) -> None:
    spec, finding = first_failure("onnx", lambda op: getattr(op, "kernel", 0) == (3, 3, 3))
    text = keep(spec, finding, tmp_path)
    (case,) = stored(tmp_path)
    small, arrays = load(case)
    assert len(small.steps) <= 3
    assert {"Conv", "Depthwise"} & set(names(small))
    assert is_sound(small)
    assert np.prod(small.clip) < 30
    assert f"reduced to {len(small.steps)} steps" in text
    meta = json.loads((case / "meta.json").read_text())
    assert (meta["stage"], meta["kind"]) == ("onnx", "value")
    assert meta["measured"] > meta["tolerance"]
    assert arrays.keys() == {"clip", "y0"}
    assert (case / "model.onnx").exists()


@pytest.mark.usefixtures("wrong_sums")
def test_a_wrong_emission_is_reduced_to_its_operator() -> None:
    spec, finding = first_failure("tflite", lambda op: getattr(op, "kind", "") == "sub")
    small = reduced(spec, fails_like(finding))
    backend = TfliteBackend()
    lowered(judge(small).model, small, backend)
    assert len(small.steps) <= 3
    assert "SUB" in {op.kind for op in backend.graph.ops}


def test_what_holds_is_not_reduced() -> None:
    with pytest.raises(ValueError, match="does not fail"):
        reduced(generate(0), lambda _: False)


def test_the_budget_is_kept() -> None:
    calls = []

    def fails(spec: Spec) -> bool:
        calls.append(spec)
        return True

    assert reduced(generate(3), fails, budget=5).steps
    assert len(calls) == 6
