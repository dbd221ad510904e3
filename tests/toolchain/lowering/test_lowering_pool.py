"""Pools of one to three spatial axes. ceil_mode is judged by torch, everything else by ONNX Runtime.

ONNX shape inference is wrong for ceil_mode, so nothing here asks it for a shape.
"""

from __future__ import annotations

import numpy as np
import onnx
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from lowering_cases import (
    Array,
    Weights,
    check_both,
    check_onnx,
    check_tflite,
    draws,
    model,
    node,
    reasons,
    refusal,
    run_onnx,
    single,
)

Case = tuple[onnx.ModelProto, dict[str, Array]]
CLIP = {"x": "NCTHW"}


@st.composite
def pools(
    draw: st.DrawFn, op: str, *, symmetric: bool = False, ceil: bool | None = None
) -> tuple[Case, dict[str, object]]:
    """Any pool of 1 to 3 axes that ONNX Runtime accepts, all sizes different."""
    spatial = draw(st.sampled_from([3, 3, 2, 1]))
    kernel = [draw(st.integers(1, 4)) for _ in range(spatial)]
    strides = [draw(st.integers(1, 3)) for _ in range(spatial)]
    dilations = [draw(st.integers(1, 2)) if op == "MaxPool" and not symmetric else 1 for _ in range(spatial)]
    before = [draw(st.integers(0, k // 2 if symmetric else k - 1)) for k in kernel]
    after = before if symmetric else [draw(st.integers(0, k - 1)) for k in kernel]
    sizes = draw(st.lists(st.integers(2, 9), min_size=spatial, max_size=spatial, unique=True))
    spans = [d * (k - 1) + 1 for d, k in zip(dilations, kernel, strict=True)]
    # Every window must hold something of the input, or its average is 0 / 0.
    room = 0 if symmetric else 1  # torch wants the input itself to be as large as the kernel
    assume(all(sizes[i] + room * min(before[i], after[i]) >= spans[i] for i in range(spatial)))
    attributes = {
        "kernel_shape": kernel, "strides": strides, "pads": [*before, *after],
        "ceil_mode": int(draw(st.booleans()) if ceil is None else ceil),
        **({"dilations": dilations} if op == "MaxPool" else {"count_include_pad": draw(st.integers(0, 1))}),
    }  # fmt: skip
    shape = (draw(st.integers(1, 2)), draw(st.sampled_from([1, 3, 4])), *sizes)
    return single(op, shape, **attributes), attributes


@draws(100)
@given(pools("MaxPool"))
def test_max_pool_grid(drawn: tuple[Case, dict[str, object]]) -> None:
    (made, feeds), _ = drawn
    layouts = CLIP if feeds["x"].ndim == 5 else {}
    expected = run_onnx(made, feeds)
    for check in (check_onnx, check_tflite):
        lowered = check(made, feeds, layouts, expected)
        assert lowered.moves == 0 or (check is check_tflite and feeds["x"].ndim < 5)


@draws(100)
@given(pools("AveragePool"))
def test_average_pool_grid(drawn: tuple[Case, dict[str, object]]) -> None:
    (made, feeds), _ = drawn
    layouts = CLIP if feeds["x"].ndim == 5 else {}
    expected = run_onnx(made, feeds)
    check_onnx(made, feeds, layouts, expected)
    refused = refusal(lambda: check_tflite(made, feeds, layouts, expected))
    assert not refused or "uncounted pads" in refused


def torch_pool(op: str, x: Array, attributes: dict[str, object]) -> Array:
    spatial = x.ndim - 2
    pads = attributes["pads"][:spatial]  # type: ignore[index]
    given = (torch.from_numpy(x), attributes["kernel_shape"], attributes["strides"], pads)
    function = getattr(torch.nn.functional, f"{'max' if op == 'MaxPool' else 'avg'}_pool{spatial}d")
    if op == "MaxPool":
        return function(*given, ceil_mode=True).numpy()
    return function(*given, ceil_mode=True, count_include_pad=bool(attributes["count_include_pad"])).numpy()


@draws(60)
@given(st.sampled_from(["MaxPool", "AveragePool"]).flatmap(
    lambda op: st.tuples(st.just(op), pools(op, symmetric=True, ceil=True))))  # fmt: skip
def test_ceil_mode_is_what_torch_means(drawn: tuple[str, tuple[Case, dict[str, object]]]) -> None:
    op, ((made, feeds), attributes) = drawn
    check_onnx(made, feeds, CLIP if feeds["x"].ndim == 5 else {}, [torch_pool(op, feeds["x"], attributes)])


@pytest.mark.parametrize(("size", "kernel", "stride", "pad", "out"), [(7, 2, 2, 0, 4), (6, 3, 2, 1, 4), (5, 3, 3, 1, 2),
                                                                    (6, 2, 3, 1, 3), (9, 4, 3, 0, 3)])  # fmt: skip
@pytest.mark.parametrize("op", ["MaxPool", "AveragePool", "AveragePool counted"])
def test_ceil_mode_by_hand(op: str, size: int, kernel: int, stride: int, pad: int, out: int) -> None:
    """The last window must start inside the input or its leading pad; what lies behind the pads is never counted."""
    op, _, counted = op.partition(" ")
    made, feeds = single(op, (2, 3, 4, size, 5), kernel_shape=[1, kernel, 1], strides=[1, stride, 1],
                         pads=[0, pad, 0] * 2, ceil_mode=1,
                         **({"count_include_pad": 1} if counted else {}))  # fmt: skip
    x, want = feeds["x"], []
    for t in range(out):
        first = t * stride - pad
        window = x[:, :, :, max(0, first) : first + kernel]
        count = min(first + kernel, size + pad) - first if counted else window.shape[3]
        want.append(window.max(3) if op == "MaxPool" else window.sum(3) / count)
    lowered = check_onnx(made, feeds, CLIP, [np.stack(want, 3)])
    assert lowered.outputs[0].shape[3] == out


@pytest.mark.parametrize("op", ["MaxPool", "AveragePool"])
def test_spatial_and_temporal_pools_move_no_data(op: str) -> None:
    case = single(op, (2, 3, 8, 6, 9), kernel_shape=[2, 3, 3], strides=[2, 3, 3])
    for lowered in check_both(*case, CLIP):
        assert lowered.moves == 0
        assert lowered.max_rank == 4
    onnx_form, tflite_form = check_both(*case, CLIP)
    assert onnx_form.ops[op] == 2
    kind = "MAX_POOL_2D" if op == "MaxPool" else "DEPTHWISE_CONV_2D"
    assert tflite_form.ops[kind] == 2


@pytest.mark.parametrize("op", ["MaxPool", "AveragePool"])
@pytest.mark.parametrize("mode", ["SAME_UPPER", "SAME_LOWER", "VALID"])
def test_auto_pad(op: str, mode: str) -> None:
    made, feeds = single(op, (2, 3, 5, 7, 8), kernel_shape=[2, 3, 4], strides=[2, 1, 3], auto_pad=mode)
    check_onnx(made, feeds, CLIP)


def test_a_pool_over_the_whole_volume_is_one_reduction() -> None:
    for op, reduced in (("AveragePool", "MEAN"), ("MaxPool", "REDUCE_MAX")):
        made, feeds = single(op, (2, 3, 4, 6, 5), kernel_shape=[4, 6, 5], strides=[4, 6, 5], ceil_mode=1)
        onnx_form, tflite_form = check_both(made, feeds, CLIP)
        assert onnx_form.ops[op] == 0
        assert tflite_form.ops[reduced] == 1


def test_pointwise_pools_are_selections() -> None:
    made, feeds = single("MaxPool", (2, 3, 7, 5, 6), kernel_shape=[1, 1, 1], strides=[3, 1, 2])
    for lowered in check_both(made, feeds, CLIP):
        assert lowered.ops["MaxPool"] + lowered.ops["MAX_POOL_2D"] == 0
        assert lowered.moves == 0
    made, feeds = single("AveragePool", (2, 3, 7, 5, 6), kernel_shape=[1, 1, 1])
    nodes = [*made.graph.node, node("Relu", ["y"], ["z"])]
    made = model(nodes, {"x": (2, 3, 7, 5, 6)}, ["z"])
    onnx_form, _ = check_both(made, feeds, CLIP)
    assert onnx_form.ops == {"Relu": 1, "Identity": 1}


def test_max_pool_of_negative_values_does_not_see_its_pads() -> None:
    made, feeds = single("MaxPool", (1, 3, 4, 5, 7), kernel_shape=[3, 3, 3], strides=[2, 1, 2], pads=[2, 0, 1, 0, 2, 1])
    feeds["x"] = -np.abs(feeds["x"]) - 1
    for lowered in check_both(made, feeds, CLIP):
        assert lowered.outputs[0].max() < 0


def test_counted_pads_are_counted_and_the_excess_is_not() -> None:
    attributes = {"kernel_shape": [1, 3, 3], "strides": [1, 2, 2], "pads": [0, 1, 1, 0, 1, 1], "ceil_mode": 1}
    made, feeds = single("AveragePool", (2, 3, 2, 6, 8), count_include_pad=1, **attributes)
    feeds["x"] = np.ones_like(feeds["x"])
    lowered = check_onnx(made, feeds, CLIP)
    corner = lowered.outputs[0][0, 0, 0]
    assert corner[0, 0] == pytest.approx(4 / 9)
    assert corner[-1, -1] == pytest.approx(1 / 4)  # its window holds the last element, one counted pad, no excess


def test_tflite_averages_with_uncounted_same_pads() -> None:
    window = {"kernel_shape": [1, 3, 3], "strides": [1, 2, 2], "pads": [0, 1, 1] * 2}
    made, feeds = single("AveragePool", (2, 3, 4, 7, 9), **window)
    lowered = check_tflite(made, feeds, CLIP)
    assert lowered.ops["MUL"] == 1  # by k over the number of values held: delegates take no int8 AVERAGE_POOL_2D


# -- refusals --------------------------------------------------------------------------------------------


def test_refuses_what_cannot_be_pooled() -> None:
    indices = model([node("MaxPool", ["x"], ["y", "i"], kernel_shape=[2, 2])], {"x": (1, 2, 4, 6)}, ["y"])
    assert "its Indices output is used" in reasons(indices)[0]
    four, _ = single("MaxPool", (1, 2, 3, 4, 5, 6), kernel_shape=[2, 2, 2, 2])
    assert "4 spatial axes" in reasons(four)[0]
    wide = model([node("MaxPool", ["x"], ["y"], kernel_shape=[2, 2], pads=[2, 0, 0, 0])], {"x": (1, 2, 4, 6)}, ["y"])
    assert "pads not smaller than the window" in reasons(wide)[0]
    blind, _ = single("AveragePool", (1, 2, 1, 6), kernel_shape=[2, 2], dilations=[2, 1], pads=[1, 0, 1, 0], opset=19)
    assert "a window that holds nothing but pads" in reasons(blind)[0]


def test_an_unused_indices_output_is_no_obstacle() -> None:
    made = model([node("MaxPool", ["x"], ["y", ""], kernel_shape=[2, 2])], {"x": (1, 2, 4, 6)}, ["y"])
    check_both(made, {"x": Weights().clip(1, 2, 4, 6)})


@pytest.mark.parametrize(("ceil", "counted"), [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_dilated_averages(ceil: int, counted: int) -> None:
    made, feeds = single("AveragePool", (2, 3, 8, 7, 9), kernel_shape=[3, 2, 3], dilations=[2, 3, 1], strides=[2, 1, 2],
                         pads=[1, 1, 0, 2, 0, 1], ceil_mode=ceil, count_include_pad=counted, opset=19)  # fmt: skip
    for lowered in check_both(made, feeds, CLIP):
        assert lowered.moves == 0


def test_a_dilated_maximum_may_need_pads_as_large_as_its_kernel() -> None:
    made, feeds = single("MaxPool", (2, 3, 4, 6, 5), kernel_shape=[1, 2, 1], strides=[1, 2, 1], dilations=[1, 2, 1],
                         pads=[0, 1, 0, 0, 1, 0], ceil_mode=1)  # fmt: skip
    x = feeds["x"] - 100
    want = torch.nn.functional.max_pool3d(torch.from_numpy(x), (1, 2, 1), (1, 2, 1), (0, 1, 0), (1, 2, 1), True)
    check_both(made, {"x": x}, CLIP, [want.numpy()])
