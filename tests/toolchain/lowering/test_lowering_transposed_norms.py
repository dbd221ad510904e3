"""BatchNorms behind transposed convolutions go into their weights; channels in front of instance norms get one size."""

from __future__ import annotations

import numpy as np
import pytest
from lowering_cases import Array, Node, Weights, logical, lower_onnx, model, node, physical, run_onnx

from edgeconv.lowering import OnnxBackend, equalize_channels, graph_of, lower

SHAPE = (2, 4, 3, 5, 6)
LAYOUT = {"x": "NCTHW"}


def up(groups: int, bias: bool = False) -> Node:
    given = ["x", "w", *(["c"] if bias else [])]
    return node("ConvTranspose", given, ["u"], strides=[1, 2, 2], pads=[0] * 6, group=groups)


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("bias", [False, True])
def test_a_batch_norm_behind_a_transposed_convolution(groups: int, bias: bool) -> None:
    weights = Weights()
    out = 3 * groups
    given = {n: weights(out) for n in ("g", "b", "m", "c")} | {"w": weights(4, 3, 2, 3, 3)}
    given["v"] = weights(out, low=0.5, high=2.0)
    made = model([up(groups, bias), node("BatchNormalization", ["u", "g", "b", "m", "v"], ["y"])], {"x": SHAPE}, ["y"],
                 given)  # fmt: skip
    feeds = {"x": weights.clip(*SHAPE)}
    lowered = lower_onnx(made, feeds, LAYOUT)
    assert lowered.folded == 1
    assert "BatchNormalization" not in lowered.ops
    meant = run_onnx(made, feeds)[0]
    assert np.abs(lowered.outputs[0] - meant).max() <= 1e-5 * np.abs(meant).max()


def test_channels_of_a_grouped_transposed_convolution_are_equalized() -> None:
    weights = Weights()
    weight = weights(4, 3, 2, 3, 3)
    weight[:2, 1] *= 100
    weight[2:, 2] /= 50
    made = model([up(2, bias=True), node("InstanceNormalization", ["u", "s", "t"], ["y"])], {"x": SHAPE}, ["y"],
                 {"w": weight, "c": weights(6), "s": weights(6), "t": weights(6)})  # fmt: skip
    graph, backend = graph_of(made), OnnxBackend(18)
    assert equalize_channels(graph) == 1
    held: Array = graph.constants[graph.nodes[0].inputs[1]].reshape(2, 2, 3, -1)
    norms = np.sqrt((held**2).sum((1, 3))).reshape(-1)
    assert norms.max() / norms.min() < 2.1
    trace = lower(graph, backend, LAYOUT)
    x = weights.clip(*SHAPE)
    got = run_onnx(backend.model(), {trace.inputs[0].name: physical(x, trace.inputs[0])})[0]
    meant = run_onnx(made, {"x": x})[0]
    assert np.abs(logical(got, trace.outputs[0]) - meant).max() <= 1e-5 * np.abs(meant).max()


def test_a_norm_of_the_input_is_left_alone() -> None:
    weights = Weights()
    made = model([node("InstanceNormalization", ["x", "s", "t"], ["y"])], {"x": SHAPE}, ["y"],
                 {"s": weights(4), "t": weights(4)})  # fmt: skip
    assert equalize_channels(graph_of(made)) == 0
