"""Normalisations over the tensor itself: no transpose between convolutions, and the numbers of every opset."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lowering_cases import Array, Lowered, Node, Weights, check_onnx, draws, everywhere, model, node, reasons, single

CLIP = {"x": "NCTHW"}
SHAPE = (2, 6, 4, 5, 7)
w = Weights(12)
PIECES = {"Sub", "Mul", "Add", "ReduceMean", "Sqrt", "Reciprocal", "Reshape", "Identity"}


def one(op: str, shape: tuple[int, ...], weights: dict[str, Array], *, opset: int = 18, double: bool = True,
        **attributes: object) -> tuple[Lowered, Lowered]:  # fmt: skip
    return everywhere([node(op, ["x", *weights], ["y"], **attributes)], {"x": shape}, weights,
                      CLIP if len(shape) == 5 else {}, opset=opset, double=double)  # fmt: skip


# -- instance --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(2, 6, 7), (2, 6, 4, 7), SHAPE, (1, *SHAPE[1:])])
def test_instance_norm(shape: tuple[int, ...]) -> None:
    onnx_form, tflite_form = one("InstanceNormalization", shape, {"s": w(6), "b": w(6)}, epsilon=0.01)
    assert set(onnx_form.ops) <= PIECES
    assert onnx_form.ops["ReduceMean"] == tflite_form.ops["MEAN"] == 2
    if len(shape) == 5:
        assert onnx_form.moves == tflite_form.moves == 0


def test_a_scale_of_one_and_a_shift_of_zero_cost_nothing() -> None:
    one_, zero = np.ones(6, np.float32), np.zeros(6, np.float32)
    _, plain = one("InstanceNormalization", SHAPE, {"s": one_, "b": zero})
    _, full = one("InstanceNormalization", SHAPE, {"s": w(6), "b": w(6)})
    least = {"MEAN": 2, "SUB": 1, "MUL": 2, "ADD": 1, "RSQRT": 1}
    assert {k: n for k, n in plain.ops.items() if k != "RESHAPE"} == least
    assert {k: n for k, n in full.ops.items() if k != "RESHAPE"} == {**least, "MUL": 3, "ADD": 2}


def between(norm: list[Node], weights: dict[str, Array]) -> tuple[Lowered, Lowered]:
    """conv, norm (from c to n), ReLU, conv on a clip."""
    nodes = [
        node("Conv", ["x", "w1"], ["c"], pads=[1] * 6),
        *norm,
        node("Relu", ["n"], ["r"]),
        node("Conv", ["r", "w2"], ["y"], pads=[1] * 6),
    ]
    all_weights = {"w1": w(6, 3, 3, 3, 3), "w2": w(2, 6, 3, 3, 3), **weights}
    return everywhere(nodes, {"x": (2, 3, 4, 5, 7)}, all_weights, CLIP)


def test_instance_norm_between_convolutions_moves_no_data() -> None:
    norm = [node("InstanceNormalization", ["c", "s", "b"], ["n"])]
    for lowered in between(norm, {"s": w(6), "b": w(6)}):
        assert lowered.moves == 0


def test_group_norm_as_exporters_write_it_moves_no_data() -> None:
    """Reshape to [N, groups, -1], InstanceNormalization, Reshape back, Mul, Add: opset 18 from either exporter."""
    norm = [
        node("Reshape", ["c", "in"], ["f"]),
        node("InstanceNormalization", ["f", "s", "b"], ["i"]),
        node("Reshape", ["i", "out"], ["g"]),
        node("Mul", ["g", "gain"], ["m"]),
        node("Add", ["m", "shift"], ["n"]),
    ]
    weights = {
        "in": np.array([0, 3, -1]), "out": np.array([2, 6, 4, 5, 7]), "s": np.ones(3, np.float32),
        "b": np.zeros(3, np.float32), "gain": w(6, 1, 1, 1), "shift": w(6, 1, 1, 1),
    }  # fmt: skip
    for lowered in between(norm, weights):
        assert lowered.moves == 0


# -- group -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("groups", [1, 2, 3, 6])
@pytest.mark.parametrize("opset", [18, 21])
def test_group_norm_has_parameters_per_group_first_and_per_channel_later(opset: int, groups: int) -> None:
    """The runtime has no kernel of opset 18: the definition is the judge."""
    count = groups if opset == 18 else 6
    weights = {"s": w(count), "b": w(count)}
    for shape in (SHAPE, (1, 6, 4, 7)):
        x = w.clip(*shape)
        made, _ = single("GroupNormalization", shape, weights, opset=opset, num_groups=groups, epsilon=0.01)
        split = x.astype(np.float64).reshape(shape[0], groups, -1)
        normal = (split - split.mean(2, keepdims=True)) / np.sqrt(split.var(2, keepdims=True) + 0.01)
        scale, shift = (np.repeat(weights[k], 6 // count).reshape(-1, *[1] * (len(shape) - 2)) for k in "sb")
        want = normal.reshape(shape) * scale + shift
        lowered = check_onnx(made, {"x": x}, CLIP if len(shape) == 5 else {}, [want])
        assert lowered.moves == 0


def test_group_norm_between_convolutions_moves_no_data() -> None:
    for groups in (2, 3):
        nodes = [node("GroupNormalization", ["c", "s", "b"], ["n"], num_groups=groups)]
        made = model(
            [node("Conv", ["x", "w1"], ["c"], pads=[1] * 6), *nodes, node("Conv", ["n", "w2"], ["y"])],
            {"x": (2, 3, 4, 5, 7)}, ["y"],
            {"w1": w(6, 3, 3, 3, 3), "w2": w(2, 6, 1, 1, 1), "s": w(6), "b": w(6)}, opset=21,
        )  # fmt: skip
        assert check_onnx(made, {"x": w.clip(2, 3, 4, 5, 7)}, CLIP).moves == 0


# -- layer, root mean square -----------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [-1, 1, 2, -2])
def test_layer_norm_over_the_axes_from_one_on(axis: int) -> None:
    shape = (2, 3, 5, 7)
    last = shape[axis % 4 :]
    for weights in ({"s": w(*last), "b": w(*last)}, {"s": w(*last)}):
        onnx_form, _ = one("LayerNormalization", shape, weights, axis=axis, epsilon=1e-3)
        assert onnx_form.moves == 0


def test_layer_norm_on_tokens_adds_no_transpose() -> None:
    """Patch embedding, tokens, LayerNorm, Linear: one transpose channels first (tokens), none channels last."""
    nodes = [
        node("Conv", ["x", "w1"], ["c"], strides=[2, 2, 2]),
        node("Reshape", ["c", "flat"], ["f"]),
        node("Transpose", ["f"], ["t"], perm=[0, 2, 1]),
        node("LayerNormalization", ["t", "s", "b"], ["n"]),
        node("MatMul", ["n", "w2"], ["y"]),
    ]
    weights = {"w1": w(6, 3, 2, 2, 2), "flat": np.array([2, 6, -1]), "s": w(6), "b": w(6), "w2": w(6, 9)}
    onnx_form, tflite_form = everywhere(nodes, {"x": (2, 3, 4, 6, 8)}, weights, CLIP)
    assert tflite_form.moves == 0
    assert onnx_form.moves <= 1


def test_unused_and_used_statistics_of_a_layer_norm() -> None:
    made = model([node("LayerNormalization", ["x", "s"], ["y", "m", "i"])], {"x": (2, 3, 7)}, ["y", "m", "i"],
                 {"s": w(7)})  # fmt: skip
    lowered = check_onnx(made, {"x": w.clip(2, 3, 7)})
    assert lowered.outputs[1].shape == (2, 3, 1)
    nodes = [node("LayerNormalization", ["x", "s"], ["n", "", "i"]), node("Clip", ["n", "", "m"], ["y"])]
    inner = model(nodes, {"x": (2, 3, 7)}, ["y", "i"], {"s": w(7), "m": np.float32(0.5)})
    check_onnx(inner, {"x": w.clip(2, 3, 7)})  # the mean must not become the Clip's left-out minimum


@pytest.mark.parametrize("axis", [-1, 2])
def test_rms_norm(axis: int) -> None:
    """Opset 23, which the runtime may not have: the definition is the judge."""
    shape = (2, 3, 5, 7)
    last, x, scale = shape[axis % 4 :], w.clip(*shape), w(*shape[axis % 4 :])
    made, _ = single("RMSNormalization", shape, {"s": scale}, opset=23, axis=axis, epsilon=1e-3)
    over = tuple(range(4 - len(last), 4))
    want = x / np.sqrt((x.astype(np.float64) ** 2).mean(over, keepdims=True) + 1e-3) * scale
    lowered = check_onnx(made, {"x": x}, {}, [want])
    assert lowered.ops["ReduceMean"] == 1
    assert lowered.ops["Sub"] == 0


# -- mean-variance, norms of one axis --------------------------------------------------------------------


@pytest.mark.parametrize("axes", [None, [0, 2, 3, 4], [-1], [1, 2]])
def test_mean_variance_norm(axes: list[int] | None) -> None:
    shape = SHAPE if axes else SHAPE[:4]
    made, feeds = single("MeanVarianceNormalization", shape, opset=13, **({"axes": axes} if axes else {}))
    x = feeds["x"].astype(np.float64)
    over = tuple(axes or (0, 2, 3))
    want = (x - x.mean(over, keepdims=True)) / (x.std(over, keepdims=True) + 1e-9)
    check_onnx(made, feeds, CLIP if axes else {}, [want])


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("axis", [1, -1, 2])
def test_lp_norm(p: int, axis: int) -> None:
    # The reference evaluator takes no absolute value for p = 1.
    onnx_form, tflite_form = one("LpNormalization", SHAPE, {}, p=p, axis=axis, double=p == 2)
    assert onnx_form.moves == tflite_form.moves == 0


def test_a_vector_of_zeros_stays_zero() -> None:
    """From opset 22 on: no division by zero."""
    made, feeds = single("LpNormalization", (3, 4), opset=22, axis=1)
    feeds["x"][1] = 0
    lowered = check_onnx(made, feeds, {}, [feeds["x"] / np.maximum(np.linalg.norm(feeds["x"], axis=1)[:, None], 1e-9)])
    assert (lowered.outputs[0][1] == 0).all()


# -- after any transpose ---------------------------------------------------------------------------------


@draws(40)
@given(st.data())
def test_norms_after_any_transpose(data: st.DataObject) -> None:
    w = Weights(5)
    shape = tuple(data.draw(st.permutations([3, 4, 5, 6, 7]))[: data.draw(st.integers(3, 5))])
    perm = data.draw(st.permutations(range(len(shape))))
    seen = [shape[p] for p in perm]
    kind = data.draw(st.sampled_from(["instance", "layer", "lp"]))
    if kind == "instance":
        weights, op = {"s": w(seen[1]), "b": w(seen[1])}, node("InstanceNormalization", ["t", "s", "b"], ["y"])
    elif kind == "layer":
        axis = data.draw(st.integers(1, len(seen) - 1))
        weights = {"s": w(*seen[axis:]), "b": w(*seen[axis:])}
        op = node("LayerNormalization", ["t", "s", "b"], ["y"], axis=axis)
    else:
        weights, op = {}, node("LpNormalization", ["t"], ["y"], axis=data.draw(st.integers(0, len(seen) - 1)))
    nodes = [node("Transpose", ["x"], ["t"], perm=perm), op]
    everywhere(nodes, {"x": shape}, weights, CLIP if len(shape) == 5 else {})


def test_refusals() -> None:
    late = model([node("InstanceNormalization", ["x", "s", "b"], ["y"])], {"x": (2, 3, 4), "s": (3,)}, ["y"],
                 {"b": w(3)})  # fmt: skip
    assert "its scale is computed at run time" in reasons(late)[0]
    layer = model([node("LayerNormalization", ["x", "s"], ["y"])], {"x": (2, 3), "s": (3,)}, ["y"])
    assert "its scale is computed at run time" in reasons(layer)[0]
