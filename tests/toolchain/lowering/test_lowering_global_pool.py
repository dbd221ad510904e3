"""Global pools and reductions over any axes, wherever they lie in memory."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lowering_cases import (
    Weights,
    check_both,
    check_onnx,
    check_tflite,
    draws,
    everywhere,
    model,
    node,
    reasons,
    single,
)

CLIP = {"x": "NCTHW"}
SHAPES = {3: (2, 3, 7), 4: (2, 3, 7, 5), 5: (2, 3, 4, 7, 5)}


@pytest.mark.parametrize("op", ["GlobalAveragePool", "GlobalMaxPool"])
@pytest.mark.parametrize("rank", [3, 4, 5])
def test_global_pools(op: str, rank: int) -> None:
    made, feeds = single(op, SHAPES[rank])
    for lowered in check_both(made, feeds, CLIP if rank == 5 else {}):
        assert sum(n for k, n in lowered.ops.items() if k.startswith(("Reduce", "MEAN", "REDUCE"))) == 1
        assert lowered.moves == 0 or rank != 5


def test_global_average_of_frames_takes_two_axes_and_keeps_the_batch() -> None:
    """Devices refuse to reduce their batch axis: channels last, a clip is read as [1, T, H*W, C] and axes 1, 2 go."""
    made, feeds = single("GlobalAveragePool", (1, 6, 4, 7, 5))
    lowered = check_tflite(made, feeds, CLIP)
    assert lowered.ops == {"RESHAPE": 2, "MEAN": 1} or lowered.ops == {"RESHAPE": 1, "MEAN": 1}


@draws(60)
@given(st.data())
def test_reductions_over_any_axes_after_any_transpose(data: st.DataObject) -> None:
    rank = data.draw(st.integers(1, 5))
    shape = data.draw(st.permutations([2, 3, 4, 5, 1]))[:rank]
    perm = data.draw(st.permutations(range(rank)))
    axes = data.draw(st.lists(st.integers(-rank, rank - 1), min_size=1, max_size=rank, unique_by=lambda a: a % rank))
    op = data.draw(st.sampled_from(["ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin"]))
    keep = data.draw(st.integers(0, 1))
    nodes = [node("Transpose", ["x"], ["t"], perm=perm), node(op, ["t", "axes"], ["y"], keepdims=keep)]
    made = model(nodes, {"x": shape}, ["y"], {"axes": np.array(axes)})
    check_both(made, {"x": Weights(1).clip(*shape)})


@draws(40)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=5, unique=True), st.booleans())
def test_clips_reduce_where_they_lie(axes: list[int], keep: bool) -> None:
    made, feeds = single("ReduceMean", (2, 3, 4, 7, 5), {"axes": np.array(axes)}, keepdims=int(keep))
    check_both(made, feeds, CLIP)


def test_time_only_and_space_only_in_both_forms() -> None:
    for axes in ([2], [3, 4], [1], [2, 3, 4]):
        made, feeds = single("ReduceMean", (1, 3, 4, 7, 5), {"axes": np.array(axes)})
        for lowered in check_both(made, feeds, CLIP):
            assert lowered.moves == 0


def test_axes_as_an_attribute_and_all_axes() -> None:
    made, feeds = single("ReduceMax", (2, 3, 4, 5), opset=13, axes=[-1, 1], keepdims=0)
    check_onnx(made, feeds)
    made, feeds = single("ReduceMean", (2, 3, 4, 5), keepdims=0)
    check_both(made, feeds)
    made, feeds = single("ReduceMean", (2, 3, 4, 5), noop_with_empty_axes=1)
    onnx_form, _ = check_both(made, feeds)
    assert onnx_form.ops == {"Identity": 1}


@pytest.mark.parametrize("op", ["GlobalAveragePool", "GlobalMaxPool"])
@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (1, 1, 1, 1, 1), (2, 1, 1, 1), (1, 3, 1, 1, 1), (1, 1, 1, 5, 1)])
def test_nothing_left_to_reduce(op: str, shape: tuple[int, ...]) -> None:
    made, feeds = single(op, shape)
    check_both(made, feeds)


def test_refuses_computed_axes() -> None:
    """The axes are an input here that only run time knows."""
    made = model([node("ReduceMean", ["x", "a"], ["y"])], {"x": (2, 3), "a": (1,)}, ["y"])
    made.graph.input[1].type.tensor_type.elem_type = 7
    assert "its axes is computed at run time" in reasons(made)[0]


# -- reductions made of others ---------------------------------------------------------------------------

COMPOSED = ["ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp", "ReduceProd"]


@pytest.mark.parametrize("op", COMPOSED)
@pytest.mark.parametrize("keep", [0, 1])
def test_norms_products_and_logarithms(op: str, keep: int) -> None:
    for axes in ([1], [2], [3, 4], [0, 2, -1], [0, 1, 2, 3, 4]):
        made, feeds = single(op, (2, 3, 4, 7, 5), {"axes": np.array(axes)}, keepdims=keep)
        feeds["x"] = np.abs(feeds["x"]) + 0.1 if op == "ReduceLogSum" else 0.3 * feeds["x"]
        if op == "ReduceProd":  # 840 factors: each near 1
            feeds["x"] = 1 + feeds["x"] / 20
        check_both(made, feeds, CLIP)
        double, _ = single(op, (2, 3, 4, 7, 5), {"axes": np.array(axes)}, keepdims=keep, dtype="float64")
        check_onnx(double, {"x": feeds["x"].astype("float64")}, CLIP)


def test_they_cost_what_their_definition_has() -> None:
    wanted = {
        "ReduceL1": {"Abs": 1, "ReduceSum": 1}, "ReduceL2": {"Mul": 1, "ReduceSum": 1, "Sqrt": 1},
        "ReduceSumSquare": {"Mul": 1, "ReduceSum": 1}, "ReduceLogSum": {"ReduceSum": 1, "Log": 1},
        "ReduceLogSumExp": {"ReduceMax": 1, "Sub": 1, "Exp": 1, "ReduceSum": 1, "Log": 1, "Add": 1},
    }  # fmt: skip
    for op, ops in wanted.items():
        made, feeds = single(op, (3, 7), {"axes": np.array([1])})
        feeds["x"] = np.abs(feeds["x"]) + 0.1
        assert check_onnx(made, feeds).ops == {**ops, "Identity": 1}, op


def test_exponentials_do_not_overflow() -> None:
    made, feeds = single("ReduceLogSumExp", (2, 3, 7), {"axes": np.array([2])})
    feeds["x"] = feeds["x"] + 200
    for lowered in check_both(made, feeds):
        assert np.isfinite(lowered.outputs[0]).all()


@pytest.mark.parametrize("attributes", [{}, {"exclusive": 1}, {"reverse": 1}, {"exclusive": 1, "reverse": 1}])
def test_cumulative_sums_are_products_with_a_triangle(attributes: dict[str, int]) -> None:
    for axis in (0, 1, 2, -1):
        how = [node("CumSum", ["x", "a"], ["y"], **attributes)]
        onnx_form, tflite_form = everywhere(how, {"x": (2, 3, 4, 7, 5)}, {"a": np.array(axis)}, CLIP)
        assert onnx_form.ops["MatMul"] + onnx_form.ops["Gemm"] == 1
        assert onnx_form.moves == tflite_form.moves == 0


@pytest.mark.parametrize("p", [1, 2, 3])
def test_global_lp_pools(p: int) -> None:
    for rank, shape in SHAPES.items():
        onnx_form, tflite_form = everywhere([node("GlobalLpPool", ["x"], ["y"], p=p)], {"x": shape}, {},
                                            CLIP if rank == 5 else {}, double=False)  # fmt: skip
        assert onnx_form.ops["ReduceSum"] == tflite_form.ops["SUM"] == 1
