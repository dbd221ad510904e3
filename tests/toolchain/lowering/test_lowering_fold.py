"""BatchNorm merged into what is made of convolutions alone, and left where it is not."""

from __future__ import annotations

import numpy as np
import pytest
from lowering_cases import Array, Node, Weights, check_both, check_onnx, model, node, reasons

CLIP = {"x": "NCTHW"}
SHAPE = (2, 3, 4, 5, 7)
w = Weights(4)


def norm(source: str, target: str, name: str = "n") -> Node:
    return node("BatchNormalization", [source, *(f"{name}.{p}" for p in "sbmv")], [target], epsilon=0.01)


def statistics(channels: int, name: str = "n", dtype: str = "float32") -> dict[str, Array]:
    made = {f"{name}.{p}": w(channels).astype(dtype) for p in "sbm"}
    return made | {f"{name}.v": w(channels, low=0.3, high=2.0).astype(dtype)}


def conv(source: str, target: str, weight: str = "k", bias: str = "") -> Node:
    return node("Conv", [source, weight, *([bias] if bias else [])], [target])


def folded(
    nodes: list[Node], weights: dict[str, Array], outputs: tuple[str, ...] = ("y",), shape: tuple[int, ...] = SHAPE
) -> int:
    """How many norms were merged; every other property is checked on the way."""
    made = model(nodes, {"x": shape}, list(outputs), weights)
    onnx_form, tflite_form = check_both(made, {"x": w.clip(*shape)}, CLIP)
    assert onnx_form.folded == tflite_form.folded
    norms = sum(n.op_type == "BatchNormalization" for n in nodes)
    assert onnx_form.ops["BatchNormalization"] == norms - onnx_form.folded
    return onnx_form.folded


K = {"k": w(5, 3, 1, 2, 3), "k2": w(5, 3, 1, 2, 3), "bias": w(5)}


@pytest.mark.parametrize("bias", ["", "bias"])
def test_behind_a_conv(bias: str) -> None:
    assert folded([conv("x", "a", "k", bias), norm("a", "y")], K | statistics(5)) == 1


def test_behind_a_conv_in_double_precision() -> None:
    weights = {"k": w(5, 3, 1, 2, 3).astype("float64")} | statistics(5, dtype="float64")
    made = model([conv("x", "a"), norm("a", "y")], {"x": SHAPE}, ["y"], weights, dtype="float64")
    lowered = check_onnx(made, {"x": w.clip(*SHAPE).astype("float64")}, CLIP)
    assert lowered.folded == 1


def test_a_row_of_convs_and_norms() -> None:
    weights = K | {"k3": w(4, 5, 1, 1, 1)} | statistics(5) | statistics(4, "m")
    nodes = [conv("x", "a"), norm("a", "b"), conv("b", "c", "k3"), norm("c", "d", "m"), node("Relu", ["d"], ["y"])]
    assert folded(nodes, weights) == 2


def test_two_norms_behind_one_conv() -> None:
    nodes = [conv("x", "a"), norm("a", "b"), norm("b", "y", "m")]
    assert folded(nodes, K | statistics(5) | statistics(5, "m")) == 2


@pytest.mark.parametrize("biases", [("", ""), ("bias", ""), ("", "bias"), ("bias", "bias")])
def test_behind_a_sum_of_two_convs_the_shift_counts_once(biases: tuple[str, str]) -> None:
    nodes = [
        conv("x", "a", "k", biases[0]),
        conv("x", "b", "k2", biases[1]),
        node("Add", ["a", "b"], ["s"]),
        norm("s", "y"),
    ]
    assert folded(nodes, K | statistics(5)) == 1


def test_behind_a_sum_with_views_between() -> None:
    """The paper's block: one addend comes from the timeline through Reshape, Transpose, Reshape."""
    n, t, c, h, width = 2, 4, 5, 4, 5
    nodes = [
        conv("x", "a"),
        node("Transpose", ["a"], ["frames"], perm=[0, 2, 1, 3, 4]),
        node("Reshape", ["frames", "merge"], ["left"]),
        node("Reshape", ["x", "line"], ["timeline"]),
        node("Conv", ["timeline", "kt"], ["b"], pads=[1, 0, 1, 0]),
        node("Reshape", ["b", "open"], ["c"]),
        node("Transpose", ["c"], ["d"], perm=[0, 2, 1, 3, 4]),
        node("Reshape", ["d", "merge"], ["right"]),
        node("Add", ["left", "right"], ["s"]),
        norm("s", "y"),
    ]
    weights = {"k": w(c, 3, 1, 2, 3), "kt": w(c, 3, 3, 16), "merge": np.array([n * t, c, h, width]),
               "line": np.array([n, 3, t, 35]), "open": np.array([n, c, t, h, width])} | statistics(c)  # fmt: skip
    assert folded(nodes, weights) == 1


@pytest.mark.parametrize("axis", [1, -4])
def test_behind_a_channel_concat_each_conv_takes_its_own_channels(axis: int) -> None:
    weights = K | {"k4": w(2, 3, 1, 2, 3)} | statistics(12)
    joined = node("Concat", ["a", "b", "c"], ["s"], axis=axis)
    nodes = [conv("x", "a"), conv("x", "b", "k4"), conv("x", "c", "k2"), joined, norm("s", "y")]
    assert folded(nodes, weights) == 1


def test_behind_a_sum_of_a_concat_and_a_conv() -> None:
    weights = K | {"k7": w(7, 3, 1, 2, 3), "k4": w(2, 3, 1, 2, 3)} | statistics(7)
    nodes = [conv("x", "a"), conv("x", "b", "k4"), node("Concat", ["a", "b"], ["c"], axis=1), conv("x", "d", "k7"),
             node("Add", ["d", "c"], ["s"]), norm("s", "y")]  # fmt: skip
    assert folded(nodes, weights) == 1


def test_convs_that_share_a_weight_are_scaled_apart() -> None:
    nodes = [conv("x", "a"), norm("a", "y"), conv("x", "z")]
    assert folded(nodes, K | statistics(5), ("y", "z")) == 1


def test_grouped_and_depthwise_convs() -> None:
    weights = {"k": w(6, 1, 3, 1, 2)} | statistics(6)
    nodes = [node("Conv", ["x", "k"], ["a"], group=3), norm("a", "y")]
    assert folded(nodes, weights) == 1


# -- near misses: exact, but nothing may be merged ----------------------------------------------------------


def test_a_conv_whose_output_is_read_twice() -> None:
    nodes = [conv("x", "a"), norm("a", "b"), node("Relu", ["a"], ["c"]), node("Add", ["b", "c"], ["y"])]
    assert folded(nodes, K | statistics(5)) == 0


def test_a_sum_that_is_read_twice() -> None:
    nodes = [
        conv("x", "a"),
        conv("x", "b", "k2"),
        node("Add", ["a", "b"], ["s"]),
        norm("s", "n"),
        node("Add", ["s", "n"], ["y"]),
    ]
    assert folded(nodes, K | statistics(5)) == 0


def test_one_addend_that_is_also_an_output() -> None:
    nodes = [conv("x", "a"), conv("x", "b", "k2"), node("Add", ["a", "b"], ["s"]), norm("s", "y")]
    assert folded(nodes, K | statistics(5), ("y", "b")) == 0


def test_a_conv_whose_output_is_also_a_graph_output() -> None:
    assert folded([conv("x", "a"), norm("a", "y")], K | statistics(5), ("y", "a")) == 0


def test_a_norm_on_the_input() -> None:
    assert folded([norm("x", "y")], statistics(3)) == 0


def test_the_same_conv_twice() -> None:
    nodes = [conv("x", "a"), node("Add", ["a", "a"], ["s"]), norm("s", "y")]
    assert folded(nodes, K | statistics(5)) == 0


def test_something_nonlinear_between() -> None:
    nodes = [
        conv("x", "a"),
        conv("x", "b", "k2"),
        node("Relu", ["b"], ["r"]),
        node("Add", ["a", "r"], ["s"]),
        norm("s", "y"),
    ]
    assert folded(nodes, K | statistics(5)) == 0


def test_an_addend_that_is_broadcast() -> None:
    weights = K | {"one": w(5, 3, 1, 5, 7)} | statistics(5)
    nodes = [conv("x", "a", "k"), conv("x", "b", "one"), node("Add", ["a", "b"], ["s"]), norm("s", "y")]
    assert folded(nodes, weights) == 0


def test_a_concat_on_another_axis() -> None:
    nodes = [conv("x", "a"), conv("x", "b", "k2"), node("Concat", ["a", "b"], ["s"], axis=2), norm("s", "y")]
    assert folded(nodes, K | statistics(5)) == 0


def test_views_that_mix_the_channels_into_another_axis() -> None:
    weights = {"k": w(6, 3, 1, 1, 1), "mix": np.array([2, 2, 12, 5, 7])} | statistics(2)
    assert folded([conv("x", "a"), node("Reshape", ["a", "mix"], ["s"]), norm("s", "y")], weights) == 0


def test_views_behind_which_channels_are_another_axis() -> None:
    """The transpose swaps channels and time: what BN scales are frames."""
    weights = K | statistics(4)
    nodes = [conv("x", "a"), node("Transpose", ["a"], ["s"], perm=[0, 2, 1, 3, 4]), norm("s", "y")]
    assert folded(nodes, weights) == 0


def test_computed_weights() -> None:
    inputs = {"x": (2, 3, 5, 7), "k": (4, 3, 2, 2)}
    made = model([conv("x", "a"), norm("a", "y")], inputs, ["y"], statistics(4))
    assert "its weight is computed" in reasons(made)[0]
