"""Elementwise operators of one and two tensors, with every way to broadcast."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lowering_cases import (
    Weights,
    check_both,
    draws,
    everywhere,
    model,
    node,
    reasons,
    single,
)

from edgeconv.core.backend import BINARY, UNARY

CLIP = {"x": "NCTHW"}
SHAPE = (2, 3, 4, 5, 7)
POSITIVE = {"Sqrt", "Log", "Reciprocal"}
COMPOSED_IN_ONNX = {"Gelu": {"Mul": 3, "Erf": 1, "Add": 1}, "Swish": {"Sigmoid": 1, "Mul": 1}}
"""Operators that came after the opset we write."""


@pytest.mark.parametrize("op", sorted(set(UNARY) - {"Clip", "Rsqrt"}))
def test_unary_on_the_tensor_as_it_lies(op: str) -> None:
    made, feeds = single(op, SHAPE, opset={"Gelu": 20, "Swish": 24}.get(op, 18))
    if op in POSITIVE:
        feeds["x"] = np.abs(feeds["x"]) + 0.1
    expected = [feeds["x"] / (1 + np.exp(-feeds["x"]))] if op == "Swish" else None  # no runtime has it yet
    onnx_form, tflite_form = check_both(made, feeds, CLIP, expected)
    assert onnx_form.ops == {**COMPOSED_IN_ONNX.get(op, {op: 1}), "Identity": 1}
    assert onnx_form.moves == tflite_form.moves == tflite_form.ops["RESHAPE"] == 0


@pytest.mark.parametrize("op", ["Gelu", "Swish"])
def test_exporters_write_them_as_several_operators(op: str) -> None:
    """Opset 18: x * 0.5 * (1 + erf(x / sqrt 2)) and x * sigmoid(x)."""
    swish = [node("Sigmoid", ["x"], ["s"]), node("Mul", ["x", "s"], ["y"])]
    gelu = [
        node("Div", ["x", "root"], ["d"]), node("Erf", ["d"], ["e"]), node("Add", ["e", "one"], ["a"]),
        node("Mul", ["x", "a"], ["m"]), node("Mul", ["m", "half"], ["y"]),
    ]  # fmt: skip
    weights = {"root": np.float32(2**0.5), "one": np.float32(1), "half": np.float32(0.5)} if op == "Gelu" else {}
    everywhere(gelu if op == "Gelu" else swish, {"x": SHAPE}, weights, CLIP)


def test_gelu_by_tanh() -> None:
    made, feeds = single("Gelu", SHAPE, opset=20, approximate="tanh")
    check_both(made, feeds, CLIP)


@pytest.mark.parametrize(
    ("op", "attributes"), [("LeakyRelu", {"alpha": 0.2}), ("LeakyRelu", {}), ("Elu", {"alpha": 1.0})]
)
def test_attributes_go_along(op: str, attributes: dict[str, float]) -> None:
    check_both(*single(op, SHAPE, **attributes), CLIP)


def test_attributes_that_tflite_operators_do_not_have() -> None:
    check_both(*single("Elu", SHAPE, alpha=0.5), CLIP)
    check_both(*single("Celu", SHAPE, alpha=0.7), CLIP)
    check_both(*single("Selu", SHAPE, alpha=1.5, gamma=0.8), CLIP)
    check_both(*single("HardSigmoid", SHAPE, alpha=0.3, beta=0.4), CLIP)
    check_both(*single("ThresholdedRelu", SHAPE, alpha=0.6), CLIP)


@pytest.mark.parametrize(
    ("low", "high", "kinds"),
    [
        (0.0, None, {"RELU"}), (0.0, 6.0, {"RELU6"}), (-1.0, 1.5, {"MAXIMUM", "MINIMUM"}), (None, 1.0, {"MINIMUM"}),
        (0.5, None, {"MAXIMUM"}),
    ],
)  # fmt: skip
def test_clip_with_bounds_as_inputs(low: float | None, high: float | None, kinds: set[str]) -> None:
    bounds = {n: np.array(v, np.float32) for n, v in (("low", low), ("high", high)) if v is not None}
    made = model([node("Clip", ["x", *(n if n in bounds else "" for n in ("low", "high"))], ["y"])],
                 {"x": SHAPE}, ["y"], bounds)  # fmt: skip
    _, tflite_form = check_both(made, {"x": 4 * Weights(2).clip(*SHAPE)}, CLIP)
    assert set(tflite_form.ops) == kinds


def test_clip_with_bounds_as_attributes() -> None:
    made, feeds = single("Clip", (2, 3, 5), opset=6, min=-0.5, max=0.75)
    check_both(made, feeds)


def test_clip_refuses_computed_bounds() -> None:
    made = model([node("Clip", ["x", "", "m"], ["y"])], {"x": (2, 3), "m": ()}, ["y"])
    assert "its maximum is computed at run time" in reasons(made)[0]


def test_identity_and_dropout_leave_no_trace() -> None:
    nodes = [node("Identity", ["x"], ["a"]), node("Dropout", ["a"], ["b"]), node("Relu", ["b"], ["y"])]
    onnx_form, tflite_form = check_both(model(nodes, {"x": SHAPE}, ["y"]), {"x": Weights().clip(*SHAPE)}, CLIP)
    assert onnx_form.ops == {"Relu": 1, "Identity": 1}
    assert tflite_form.ops == {"RELU": 1}


@pytest.mark.parametrize("op", BINARY)
def test_binary_of_two_clips(op: str) -> None:
    other = (3, 1, 1, 1) if op == "PRelu" else SHAPE
    made, feeds = single(
        op, SHAPE, {"c": Weights(4)(*other, low=0.5, high=2.0)}, **({"fmod": 1} if op == "Mod" else {})
    )
    feeds["x"] = np.abs(feeds["x"]) + 0.1 if op == "Pow" else feeds["x"]
    for lowered in check_both(made, feeds, CLIP):
        assert lowered.moves == 0


@pytest.mark.parametrize("slope", [(), (1,), (3, 1, 1, 1), (1, 3, 1, 1, 1), (4, 1, 1), (5, 7), SHAPE])
def test_prelu_slopes(slope: tuple[int, ...]) -> None:
    for lowered in everywhere([node("PRelu", ["x", "s"], ["y"])], {"x": SHAPE}, {"s": Weights(4)(*slope)}, CLIP):
        assert lowered.moves == 0


def test_prelu_between_convolutions_is_one_operator() -> None:
    w = Weights(3)
    nodes = [node("Conv", ["x", "a"], ["c"]), node("PRelu", ["c", "s"], ["p"]), node("Conv", ["p", "b"], ["y"])]
    weights = {"a": w(6, 3, 1, 3, 3), "s": w(6, 1, 1, 1), "b": w(2, 6, 1, 1, 1)}
    onnx_form, tflite_form = everywhere(nodes, {"x": SHAPE}, weights, CLIP)
    assert onnx_form.ops == {"Conv": 2, "PRelu": 1, "Identity": 1}
    assert tflite_form.ops == {"CONV_2D": 2, "PRELU": 1}


def test_exponents_may_be_integers() -> None:
    for exponent in (np.float32(2), np.int64(2), np.int64(3)):
        made, feeds = single("Pow", SHAPE, {"c": exponent})
        feeds["x"] = np.abs(feeds["x"]) + 0.1
        check_both(made, feeds, CLIP)


def test_integer_remainders_are_refused() -> None:
    made, _ = single("Mod", (2, 3), {"c": np.float32(2)})
    assert "an integer Mod" in reasons(made)[0]


@pytest.mark.parametrize("op", ["Sub", "Div"])
def test_operands_keep_their_sides(op: str) -> None:
    """The constant on the left."""
    made = model([node(op, ["c", "x"], ["y"])], {"x": SHAPE}, ["y"], {"c": Weights(4)(3, 1, 1, 1, low=0.5, high=2.0)})
    check_both(made, {"x": np.abs(Weights(1).clip(*SHAPE)) + 0.5}, CLIP)


def test_max_and_min_of_many_and_of_one() -> None:
    inputs = {"x": SHAPE, "u": SHAPE, "v": (4, 5, 7)}
    nodes = [node("Max", ["x", "u", "v"], ["a"]), node("Min", ["a"], ["b"]), node("Relu", ["b"], ["y"])]
    made = model(nodes, inputs, ["y"])
    w = Weights(3)
    check_both(made, {n: w.clip(*s) for n, s in inputs.items()}, {"x": "NCTHW", "u": "NCTHW"})


@pytest.mark.parametrize(
    "other",
    [(2, 3, 1, 1, 1), (1, 3, 1, 1, 1), (3, 1, 1, 1), (2, 3, 4, 1, 1), (2, 1, 4, 5, 7), (1,), (), (2, 1, 1, 5, 7),
     (1, 1, 4, 1, 1), (7,), (2, 1, 1, 1, 1)],
)  # fmt: skip
@pytest.mark.parametrize("computed", [False, True])
def test_the_broadcasts_of_video_networks(other: tuple[int, ...], computed: bool) -> None:
    """Squeeze-and-excite, gates, masks, scalars: with a constant, and with a second input."""
    w = Weights(5)
    inputs = {"x": SHAPE} | ({"c": other} if computed else {})
    made = model([node("Mul", ["x", "c"], ["y"])], inputs, ["y"], {} if computed else {"c": w(*other)})
    feeds = {"x": w.clip(*SHAPE)} | ({"c": w(*other)} if computed else {})
    onnx_form, tflite_form = check_both(made, feeds, CLIP)
    if not computed:
        assert onnx_form.moves == tflite_form.moves == 0


def test_squeeze_and_excite_moves_no_data() -> None:
    nodes = [
        node("GlobalAveragePool", ["x"], ["g"]),
        node("Conv", ["g", "w"], ["e"]),
        node("Sigmoid", ["e"], ["s"]),
        node("Mul", ["x", "s"], ["y"]),
    ]
    for batch in (1, 2):
        shape = (batch, 6, 4, 5, 7)
        made = model(nodes, {"x": shape}, ["y"], {"w": Weights()(6, 6, 1, 1, 1)})
        onnx_form, tflite_form = check_both(made, {"x": Weights().clip(*shape)}, CLIP)
        assert tflite_form.moves == 0
        assert onnx_form.moves == 0 or batch > 1


@draws(100)
@given(st.data())
def test_any_broadcast_after_any_transpose(data: st.DataObject) -> None:
    """Ranks up to six, axes of size 1 anywhere on both sides: however they alternate, the rank stays four."""
    rank = data.draw(st.integers(1, 6))
    full = data.draw(st.permutations([2, 3, 4, 5, 2, 3]))[:rank]
    op = data.draw(st.sampled_from(["Add", "Sub", "Mul"]))
    shapes, perms = {}, {}
    for name in ("x", "u"):
        mine = data.draw(st.integers(0 if name == "u" else rank, rank))
        thin = data.draw(st.lists(st.booleans(), min_size=mine, max_size=mine))
        shape = [1 if t else s for t, s in zip(thin, full[rank - mine :], strict=True)]
        perm = data.draw(st.permutations(range(mine)))
        perms[name] = perm
        shapes[name] = [shape[perm.index(i)] for i in range(mine)]
    nodes = [
        node("Transpose", [n], [f"{n}t"], perm=p) if p else node("Identity", [n], [f"{n}t"]) for n, p in perms.items()
    ]
    made = model([*nodes, node(op, ["xt", "ut"], ["y"])], shapes, ["y"])
    w = Weights(8)
    check_both(made, {n: w.clip(*s) for n, s in shapes.items()})


@pytest.mark.parametrize("other", [(2, 1, 4, 1, 6), (1, 3, 1, 5, 1)])
def test_five_alternating_groups_stay_at_rank_four(other: tuple[int, ...]) -> None:
    inputs = {"x": (2, 3, 4, 5, 6), "u": other}
    w = Weights(1)
    made = model([node("Sub", ["x", "u"], ["y"])], inputs, ["y"])
    check_both(made, {n: w.clip(*s) for n, s in inputs.items()})


def test_an_outer_product_of_a_value_with_itself() -> None:
    nodes = [
        node("Unsqueeze", ["x", "last"], ["a"]),
        node("Unsqueeze", ["x", "first"], ["b"]),
        node("Mul", ["a", "b"], ["y"]),
    ]
    made = model(nodes, {"x": (5,)}, ["y"], {"last": np.array([1]), "first": np.array([0])})
    check_both(made, {"x": Weights().clip(5)})


# -- many operands, masks, types -------------------------------------------------------------------------


@pytest.mark.parametrize("op", ["Sum", "Mean"])
@pytest.mark.parametrize("count", [1, 2, 4])
def test_sums_and_means_of_many(op: str, count: int) -> None:
    shapes = dict(zip("xabc"[:count], [SHAPE, (5, 7), SHAPE, (3, 1, 1, 1)], strict=False))
    onnx_form, _ = everywhere([node(op, list(shapes), ["y"])], shapes, {}, CLIP)
    assert onnx_form.ops["Add"] == count - 1
    assert onnx_form.ops["Mul"] == (op == "Mean" and count > 1)


@pytest.mark.parametrize("mask", [(7, 7), (1, 1, 4, 5, 7), (2, 3, 4, 1, 1), (5, 1)])
def test_where_with_a_constant_mask(mask: tuple[int, ...]) -> None:
    """As attention masks are: the masked value is a constant, or a second input."""
    shape = SHAPE if mask != (7, 7) else (2, 3, 7, 7)
    weights = {"m": Weights(2)(*mask) > 0, "low": np.float32(-100)}
    everywhere([node("Where", ["m", "x", "low"], ["y"])], {"x": shape}, weights, CLIP if len(shape) == 5 else {})
    everywhere([node("Where", ["m", "low", "x"], ["y"])], {"x": shape}, weights, CLIP if len(shape) == 5 else {})
    everywhere([node("Where", ["m", "x", "u"], ["y"])], {"x": shape, "u": shape}, weights)


@pytest.mark.parametrize("value", [True, False])
def test_where_that_chooses_one_side_everywhere(value: bool) -> None:
    weights = {"m": np.full((2, 1, 7), value)}
    nodes = [node("Where", ["m", "x", "u"], ["w"]), node("Relu", ["w"], ["y"])]
    onnx_form, _ = everywhere(nodes, {"x": (3, 7), "u": (2, 3, 7)}, weights)
    assert onnx_form.ops["Where"] == 0


def test_where_with_a_computed_condition_is_refused() -> None:
    made = model([node("Where", ["c", "x", "u"], ["y"])], {"x": (2, 3), "u": (2, 3), "c": (2, 3)}, ["y"])
    made.graph.input[2].type.tensor_type.elem_type = 9
    assert "its condition is computed at run time" in reasons(made)[0]


def test_casts_between_floats_are_no_operator_and_others_are_refused() -> None:
    nodes = [node("Cast", ["x"], ["a"], to=1), node("CastLike", ["a", "c"], ["b"]), node("Relu", ["b"], ["y"])]
    onnx_form, _ = everywhere(nodes, {"x": SHAPE}, {"c": np.float32(1)}, CLIP, double=False)
    assert onnx_form.ops == {"Relu": 1, "Identity": 1}
    made, _ = single("Cast", (2, 3), to=7)
    assert "it casts to integers or booleans" in reasons(made)[0]


def test_the_mask_of_a_dropout_is_all_true() -> None:
    """Old exports name it; where it is used it is a constant."""
    nodes = [node("Dropout", ["x"], ["d", "m"]), node("Where", ["m", "d", "zero"], ["y"])]
    onnx_form, _ = check_both(model(nodes, {"x": SHAPE}, ["y"], {"zero": np.float32(0)}), {"x": Weights().clip(*SHAPE)})
    assert onnx_form.ops == {"Identity": 1}
    check_both(*single("Dropout", SHAPE, opset=10, ratio=0.3), CLIP)
    made, _ = single("Dropout", (2, 3), {"r": np.float32(0.5), "t": np.array(True)})
    assert "it is in training mode" in reasons(made)[0]


def test_old_broadcasts_begin_at_an_axis() -> None:
    """Before opset 7: broadcast = 1 and the axis at which the right operand begins."""
    made, feeds = single("Add", SHAPE, {"b": Weights(1)(3)}, opset=6, broadcast=1, axis=1)
    want = feeds["x"] + Weights(1)(3).reshape(3, 1, 1, 1)
    check_both(made, feeds, CLIP, [want])
