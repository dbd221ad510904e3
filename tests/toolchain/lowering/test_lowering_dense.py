"""Fully connected layers, products with a constant matrix, and Softmax."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lowering_cases import Array, Weights, check_both, check_onnx, draws, everywhere, model, node, reasons, single

CLIP = {"x": "NCTHW"}
w = Weights(6)


@pytest.mark.parametrize("transposed", [0, 1])
@pytest.mark.parametrize("bias", [None, (5,), (1, 5), (1,), (), (1, 1)])
def test_gemm(transposed: int, bias: tuple[int, ...] | None) -> None:
    weights: dict[str, Array] = {"w": w(5, 7) if transposed else w(7, 5)}
    if bias is not None:
        weights["b"] = w(*bias)
    made, feeds = single("Gemm", (3, 7), weights, transB=transposed, alpha=0.5, beta=-2.0)
    onnx_form, tflite_form = check_both(made, feeds)
    assert onnx_form.ops == {"Gemm": 1, "Identity": 1}
    assert tflite_form.ops == {"FULLY_CONNECTED": 1}


@pytest.mark.parametrize("classes", [1, 5])
@pytest.mark.parametrize("features", [1, 6])
def test_sizes_of_one(features: int, classes: int) -> None:
    for rows in (1, 3):
        check_both(*single("Gemm", (rows, features), {"w": w(features, classes), "b": w(classes)}))


def test_a_flatten_before_it_moves_no_data() -> None:
    """The memory order of the features is folded into the rows of the weight, in either form."""
    nodes = [node("Relu", ["x"], ["r"]), node("Flatten", ["r"], ["f"]), node("Gemm", ["f", "w", "b"], ["y"])]
    for shape in ((1, 3, 4, 5, 7), (2, 3, 1, 5, 7), (2, 3, 4, 5, 7)):
        size = int(np.prod(shape[1:]))
        made = model(nodes, {"x": shape}, ["y"], {"w": w(size, 6), "b": w(6)})
        for lowered in check_both(made, {"x": w.clip(*shape)}, CLIP):
            assert lowered.moves == 0


def test_a_linear_layer_on_channels_last_tokens() -> None:
    """The head of pytorchvideo: Transpose, MatMul, Transpose on a clip of rank 5."""
    nodes = [
        node("Transpose", ["x"], ["t"], perm=[0, 2, 3, 4, 1]),
        node("MatMul", ["t", "w"], ["m"]),
        node("Add", ["m", "b"], ["a"]),
        node("Transpose", ["a"], ["y"], perm=[0, 4, 1, 2, 3]),
    ]
    shape = (2, 3, 4, 5, 7)
    _, tflite_form = check_both(
        model(nodes, {"x": shape}, ["y"], {"w": w(3, 6), "b": w(6)}), {"x": w.clip(*shape)}, CLIP
    )
    assert tflite_form.moves == 0


@pytest.mark.parametrize("shape", [(7,), (3, 7), (2, 3, 7), (2, 3, 4, 5, 7)])
def test_matmul_of_any_rank(shape: tuple[int, ...]) -> None:
    check_both(*single("MatMul", shape, {"w": w(7, 5)}))


@draws(60)
@given(st.data())
def test_softmax_over_any_axis_after_any_transpose(data: st.DataObject) -> None:
    rank = data.draw(st.integers(1, 5))
    shape = data.draw(st.permutations([2, 3, 4, 5, 1]))[:rank]
    perm = data.draw(st.permutations(range(rank)))
    axis = data.draw(st.integers(-rank, rank - 1))
    nodes = [node("Transpose", ["x"], ["t"], perm=perm), node("Softmax", ["t"], ["y"], axis=axis)]
    check_both(model(nodes, {"x": shape}, ["y"]), {"x": w.clip(*shape)})


@pytest.mark.parametrize("axis", [None, 0, 1, 2, 3, -1])
def test_softmax_before_opset_13_means_all_axes_from_one_on(axis: int | None) -> None:
    """There it flattens to a matrix first, and its default axis is 1."""
    attributes = {} if axis is None else {"axis": axis}
    made, feeds = single("Softmax", (2, 3, 4, 5), opset=11, **attributes)
    onnx_form, _ = check_both(made, feeds)
    first = 1 if axis is None else axis % 4
    sums = onnx_form.outputs[0].sum(tuple(range(first, 4)))
    np.testing.assert_allclose(sums, 1, rtol=1e-5)


def test_gemm_and_batch_norm_in_double_precision() -> None:
    d = Weights(2, "float64")
    made, feeds = single("Gemm", (3, 7), {"w": d(7, 5), "b": d(5)}, dtype="float64", alpha=0.3)
    check_onnx(made, feeds)


def test_gemm_of_a_transposed_left_operand() -> None:
    for bias in ({}, {"b": w(5)}):
        made, feeds = single("Gemm", (7, 3), {"w": w(7, 5), **bias}, transA=1, beta=0.5)
        check_both(made, feeds)


def test_gemm_of_two_computed_operands() -> None:
    for trans_a, trans_b in ((0, 0), (1, 0), (0, 1), (1, 1)):
        shapes = {"x": (7, 3) if trans_a else (3, 7), "u": (5, 7) if trans_b else (7, 5)}
        for bias in ({}, {"b": w(5)}, {"b": w(3, 1)}):
            how = node("Gemm", [*shapes, *bias], ["y"], transA=trans_a, transB=trans_b, alpha=0.5, beta=2.0)
            everywhere([how], shapes, bias)


def test_a_bias_that_differs_from_row_to_row_is_added() -> None:
    for shape in ((3, 1), (3, 5)):
        onnx_form, _ = check_both(*single("Gemm", (3, 7), {"w": w(7, 5), "b": w(*shape)}))
        assert onnx_form.ops == {"Gemm": 1, "Add": 1, "Identity": 1}


def test_log_softmax() -> None:
    for axis, opset in ((-1, 18), (1, 18), (1, 11)):
        everywhere([node("LogSoftmax", ["x"], ["y"], axis=axis)], {"x": (2, 3, 4, 5)}, opset=opset,
                   double=opset > 12)  # the reference evaluator knows only the new meaning  # fmt: skip


def test_a_dense_layer_on_channels_in_the_middle_is_a_pointwise_convolution() -> None:
    """The tokens of a channels-first tensor times a matrix: moved neither before nor after."""
    nodes = [
        node("Conv", ["x", "k"], ["c"]),
        node("Reshape", ["c", "flat"], ["f"]),
        node("Transpose", ["f"], ["t"], perm=[0, 2, 1]),
        node("MatMul", ["t", "w"], ["m"]),
        node("Transpose", ["m"], ["u"], perm=[0, 2, 1]),
        node("Reshape", ["u", "back"], ["v"]),
        node("Conv", ["v", "l"], ["y"]),
    ]
    weights = {"k": w(6, 3, 1, 1), "flat": np.array([2, 6, -1]), "w": w(6, 9), "back": np.array([2, 9, 4, 5]),
               "l": w(4, 9, 1, 1)}  # fmt: skip
    onnx_form, tflite_form = everywhere(nodes, {"x": (2, 3, 4, 5)}, weights)
    assert onnx_form.moves == 0
    assert onnx_form.ops["Conv"] == 3
    assert onnx_form.ops["Gemm"] == onnx_form.ops["MatMul"] == 0
    assert tflite_form.ops["FULLY_CONNECTED"] + tflite_form.ops["CONV_2D"] == 3


def test_refusals() -> None:
    late = model([node("Gemm", ["x", "w", "b"], ["y"])], {"x": (3, 7), "b": (5,)}, ["y"], {"w": w(7, 5)})
    assert "its bias is computed at run time" in reasons(late)[0]
