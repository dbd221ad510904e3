"""Matrix products of two computed tensors and with constants on either side: any rank, any memory order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lowering_cases import Array, Node, Weights, check_both, draws, everywhere, model, node

w = Weights(6)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((3, 7), (7, 5)), ((2, 3, 7), (7, 5)), ((2, 3, 7), (2, 7, 5)), ((3, 7), (2, 7, 5)),
        ((2, 4, 3, 7), (2, 4, 7, 5)), ((2, 4, 3, 7), (4, 7, 5)), ((2, 1, 3, 7), (1, 4, 7, 5)),
        ((4, 3, 7), (2, 1, 7, 5)),
        ((2, 4, 6, 3, 7), (2, 4, 6, 7, 5)), ((2, 4, 6, 3, 7), (4, 1, 7, 5)), ((2, 1, 6, 3, 7), (1, 4, 1, 7, 5)),
        ((7,), (7,)), ((7,), (7, 5)), ((3, 7), (7,)), ((2, 4, 3, 7), (7,)), ((7,), (2, 4, 7, 5)),
        ((2, 1, 7), (2, 7, 5)), ((2, 3, 7), (2, 7, 1)), ((2, 3, 1), (2, 1, 5)), ((1, 3, 7), (1, 7, 5)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("constant", ["", "left", "right"])
def test_every_broadcast(left: tuple[int, ...], right: tuple[int, ...], constant: str) -> None:
    shapes = {"a": left, "b": right}
    weights = {n: w(*shapes.pop(n)) for n, side in (("a", "left"), ("b", "right")) if side == constant}
    everywhere([node("MatMul", ["a", "b"], ["y"])], shapes, weights)


@draws(60)
@given(st.data())
def test_products_of_operands_that_lie_differently(data: st.DataObject) -> None:
    batch = data.draw(st.lists(st.sampled_from([2, 4, 6]), max_size=3))
    left, right = [*batch, 3, 7], [*batch, 7, 5]
    for axis in range(len(batch)):
        thin = data.draw(st.sampled_from(["", "", "left", "right"]))
        if thin:
            (left if thin == "left" else right)[axis] = 1
    shapes, nodes = {}, []
    for name, shape in (("a", left), ("b", right)):
        perm = data.draw(st.permutations(range(len(shape))))
        shapes[name] = [shape[perm.index(i)] for i in range(len(shape))]
        nodes.append(node("Transpose", [name], [f"{name}t"], perm=perm))
    made = model([*nodes, node("MatMul", ["at", "bt"], ["y"])], shapes, ["y"])
    numbers = Weights(4)
    check_both(made, {n: numbers.clip(*s) for n, s in shapes.items()})


@draws(40)
@given(st.data())
def test_a_constant_matrix_on_either_side_of_anything(data: st.DataObject) -> None:
    shape = tuple(data.draw(st.permutations([2, 3, 4, 5]))[: data.draw(st.integers(2, 4))])
    perm = data.draw(st.permutations(range(len(shape))))
    seen = [shape[p] for p in perm]
    numbers = Weights(4)
    if data.draw(st.booleans()):
        weights, names = {"w": numbers(6, seen[-2])}, ["w", "t"]
    else:
        weights, names = {"w": numbers(seen[-1], 6)}, ["t", "w"]
    nodes = [node("Transpose", ["x"], ["t"], perm=perm), node("MatMul", names, ["y"])]
    everywhere(nodes, {"x": shape}, weights)


def attention(split: list[int], heads_first: list[int], k_perm: list[int]) -> tuple[list[Node], dict[str, Array]]:
    """Tokens [N, L, C] to queries, keys and values of two heads, their products, and back to tokens."""
    nodes, weights = [], {"split": np.array(split), "scale": np.float32(0.4), "merge": np.array([2, 7, 6])}
    for name in "qkv":
        weights[f"w{name}"] = w(6, 6)
        nodes += [
            node("MatMul", ["x", f"w{name}"], [f"{name}0"]),
            node("Reshape", [f"{name}0", "split"], [f"{name}1"]),
            node("Transpose", [f"{name}1"], [name], perm=k_perm if name == "k" else heads_first),
        ]
    nodes += [
        node("MatMul", ["q", "k"], ["p"]),
        node("Mul", ["p", "scale"], ["s"]),
        node("Softmax", ["s"], ["a"], axis=-1),
        node("MatMul", ["a", "v"], ["o"]),
        node("Transpose", ["o"], ["t"], perm=[0, 2, 1, 3]),
        node("Reshape", ["t", "merge"], ["y"]),
    ]
    return nodes, weights


def test_attention_of_heads_moves_only_what_a_product_needs() -> None:
    """Q K^T and A V with [N, L, heads, d]: the heads come out, the keys lie transposed, the values merge back."""
    nodes, weights = attention([2, 7, 2, 3], [0, 2, 1, 3], [0, 2, 3, 1])
    onnx_form, tflite_form = everywhere(nodes, {"x": (2, 7, 6)}, weights)
    assert onnx_form.ops["MatMul"] == tflite_form.ops["BATCH_MATMUL"] == 2
    assert onnx_form.moves == tflite_form.moves == 4  # queries, keys, values, and the merge


def test_attention_of_one_head_moves_nothing_but_the_keys() -> None:
    nodes, weights = attention([2, 7, 1, 6], [0, 2, 1, 3], [0, 2, 3, 1])
    onnx_form, tflite_form = everywhere(nodes, {"x": (2, 7, 6)}, weights)
    assert onnx_form.moves == 1
    assert tflite_form.moves == 0  # BATCH_MATMUL reads the keys as they lie


def test_non_local_attention_over_a_clip() -> None:
    """As in c2d and non-local networks: [N, C, T*H*W] against itself, between convolutions."""
    nodes = [
        node("Conv", ["x", "wt"], ["t0"]), node("Conv", ["x", "wp"], ["p0"]), node("Conv", ["x", "wg"], ["g0"]),
        node("Reshape", ["t0", "flat"], ["t1"]), node("Reshape", ["p0", "flat"], ["p1"]),
        node("Reshape", ["g0", "flat"], ["g1"]),
        node("Transpose", ["t1"], ["t"], perm=[0, 2, 1]), node("Transpose", ["g1"], ["g"], perm=[0, 2, 1]),
        node("MatMul", ["t", "p1"], ["s"]), node("Softmax", ["s"], ["a"], axis=-1), node("MatMul", ["a", "g"], ["o"]),
        node("Transpose", ["o"], ["o1"], perm=[0, 2, 1]), node("Reshape", ["o1", "back"], ["o2"]),
        node("Conv", ["o2", "wo"], ["z"]), node("Add", ["x", "z"], ["y"]),
    ]  # fmt: skip
    weights = {"wt": w(3, 6, 1, 1, 1), "wp": w(3, 6, 1, 1, 1), "wg": w(3, 6, 1, 1, 1), "wo": w(6, 3, 1, 1, 1),
               "flat": np.array([2, 3, -1]), "back": np.array([2, 3, 2, 4, 5])}  # fmt: skip
    onnx_form, tflite_form = everywhere(nodes, {"x": (2, 6, 2, 4, 5)}, weights, {"x": "NCTHW"})
    assert tflite_form.moves == 0
    assert onnx_form.moves == 4
