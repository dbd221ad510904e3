"""Elementwise operators of one and two tensors, with every way to broadcast."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lowering_cases import (
    Weights,
    assert_same,
    check_both,
    check_onnx,
    check_tflite,
    draws,
    lower_onnx,
    model,
    node,
    reasons,
    run_onnx,
    single,
)

from edgeconv.core.backend import BINARY, UNARY

CLIP = {"x": "NCTHW"}
SHAPE = (2, 3, 4, 5, 7)
IN_TFLITE = {"Relu", "Sigmoid", "Tanh", "HardSwish", "LeakyRelu", "Elu", "Exp", "Sqrt", "Abs"}
POSITIVE = {"Sqrt", "Log", "Reciprocal"}


@pytest.mark.parametrize("op", [op for op in UNARY if op != "Gelu"])
def test_unary_on_the_tensor_as_it_lies(op: str) -> None:
    made, feeds = single(op, SHAPE)
    if op in POSITIVE:
        feeds["x"] = np.abs(feeds["x"]) + 0.1
    lowered = check_onnx(made, feeds, CLIP)
    assert lowered.ops == {op: 1, "Identity": 1}
    if op in IN_TFLITE:
        assert sum(check_tflite(made, feeds, CLIP).ops.values()) == 1
    else:
        assert f"no TFLite form of {op} is emitted yet" in reasons(made, tflite=True)[0]


def test_gelu_of_opset_20() -> None:
    made, feeds = single("Gelu", SHAPE, opset=20)
    assert_same(lower_onnx(made, feeds, CLIP, opset=20), run_onnx(made, feeds))


@pytest.mark.parametrize(
    ("op", "attributes"), [("LeakyRelu", {"alpha": 0.2}), ("LeakyRelu", {}), ("Elu", {"alpha": 1.0})]
)
def test_attributes_go_along(op: str, attributes: dict[str, float]) -> None:
    check_both(*single(op, SHAPE, **attributes), CLIP)


def test_an_elu_that_tflite_does_not_have() -> None:
    made, feeds = single("Elu", SHAPE, alpha=0.5)
    check_onnx(made, feeds, CLIP)
    assert "no TFLite form of Elu" in reasons(made, tflite=True)[0]


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
    made, feeds = single(op, SHAPE, {"c": Weights(4)(*other, low=0.5, high=2.0)})
    feeds["x"] = np.abs(feeds["x"]) + 0.1 if op == "Pow" else feeds["x"]
    assert check_onnx(made, feeds, CLIP).moves == 0
    if op in ("Pow", "PRelu"):
        assert f"no TFLite form of {op}" in reasons(made, tflite=True)[0]
    else:
        assert check_tflite(made, feeds, CLIP).moves == 0


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
