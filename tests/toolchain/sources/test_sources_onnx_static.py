"""Symbolic dimensions are given sizes, and everything behind them is inferred anew."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from edgeconv.core.errors import ModelError
from edgeconv.sources.onnx_static import declared_shape, freeze


def model() -> onnx.ModelProto:
    """conv over 'c' channels (really 2); with a value info that names a symbol."""
    weight = numpy_helper.from_array(np.ones((4, 2, 1, 1, 1), np.float32), "w")
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("Conv", ["x", "w"], ["h"]), helper.make_node("Relu", ["h"], ["y"])],
        "g",
        [value("x", TensorProto.FLOAT, ["n", "c", None, 5, 6])],
        [value("y", TensorProto.FLOAT, ["n", 4, "t", 5, 6])],
        [weight],
        value_info=[value("h", TensorProto.FLOAT, ["n", 4, "t", 5, 6])],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def test_what_is_not_fixed_is_told_by_name() -> None:
    assert declared_shape(model().graph.input[0]) == ["n", "c", "?", 5, 6]


def test_all_shapes_follow_and_the_model_runs() -> None:
    made = model()
    freeze(made, {"x": (3, 2, 7, 5, 6)})
    onnx.checker.check_model(made, full_check=True)
    values = {v.name: declared_shape(v) for v in (*made.graph.input, *made.graph.value_info, *made.graph.output)}
    assert values == {"x": [3, 2, 7, 5, 6], "h": [3, 4, 7, 5, 6], "y": [3, 4, 7, 5, 6]}
    session = onnxruntime.InferenceSession(made.SerializeToString(), providers=["CPUExecutionProvider"])
    assert (session.run(None, {"x": np.ones((3, 2, 7, 5, 6), np.float32)})[0] == 2).all()


def test_a_shape_that_the_operators_do_not_take() -> None:
    made = model()
    made.graph.node[1].CopyFrom(helper.make_node("Add", ["h", "w"], ["y"]))  # [n, 4, ...] and [4, 2, ...]
    with pytest.raises(ModelError, match="does not take the input shape") as caught:
        freeze(made, {"x": (1, 2, 7, 5, 6)})
    assert caught.value.reasons


def test_shapes_that_are_there_change_nothing() -> None:
    made = model()
    assert freeze(made, {"x": (1, 2, 7, 5, 6)})
    again = onnx.ModelProto.FromString(made.SerializeToString())
    assert not freeze(made, {"x": (1, 2, 7, 5, 6)})
    assert made == again
