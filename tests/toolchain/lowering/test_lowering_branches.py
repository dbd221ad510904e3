"""If: the branch of a known condition goes inline, any other is refused."""

from __future__ import annotations

import numpy as np
import pytest
from lowering_cases import Weights, check_both, model, node, reasons
from onnx import TensorProto, helper

SHAPE = (2, 3, 4, 5, 7)


def with_if(condition: str, extra: list[object], weights: dict[str, object]) -> object:
    """y = condition ? 2 x : squeeze(pool x)."""
    info = helper.make_tensor_value_info
    two = helper.make_tensor("two", TensorProto.FLOAT, [1], [2.0])
    then = helper.make_graph(
        [node("Mul", ["x", "two"], ["doubled"])], "then", [], [info("doubled", TensorProto.FLOAT, None)], [two]
    )
    otherwise = helper.make_graph(
        [node("GlobalAveragePool", ["x"], ["pooled"]), node("Flatten", ["pooled"], ["flat"])],
        "else", [], [info("flat", TensorProto.FLOAT, None)],
    )  # fmt: skip
    made = node("If", [condition], ["y"], then_branch=then, else_branch=otherwise)
    return model([*extra, made], {"x": SHAPE}, ["y"], weights)


@pytest.mark.parametrize("condition", [True, False])
def test_the_branch_taken_goes_inline(condition: bool) -> None:
    made = with_if("c", [], {"c": np.array(condition)})
    lowered, _ = check_both(made, {"x": Weights().clip(*SHAPE)}, {"x": "NCTHW"})
    assert "If" not in lowered.ops
    assert ("Mul" in lowered.ops) == condition


def test_a_condition_on_shapes_is_known() -> None:
    extra = [
        node("Relu", ["x"], ["r"]),
        node("Shape", ["r"], ["s"]),
        node("Gather", ["s", "i"], ["n"], axis=0),
        node("Equal", ["n", "one"], ["c"]),
    ]
    weights = {"i": np.array([1], np.int64), "one": np.array([1], np.int64)}
    check_both(with_if("c", extra, weights), {"x": Weights().clip(*SHAPE)}, {"x": "NCTHW"})


def test_a_condition_on_data_is_refused() -> None:
    extra = [node("ReduceMax", ["x"], ["m"], keepdims=0), node("Greater", ["m", "zero"], ["c"])]
    found = reasons(with_if("c", extra, {"zero": np.array(0.0, np.float32)}))
    assert any(r.startswith("Greater 'c'") for r in found)
