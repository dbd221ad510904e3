"""Convolutions of one, two and three spatial axes, against ONNX Runtime, the reference evaluator and torch."""

from __future__ import annotations

from typing import Any

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
    lower_onnx,
    lower_tflite,
    model,
    node,
    reasons,
    single,
)

Case = tuple[onnx.ModelProto, dict[str, Array]]


@st.composite
def convolutions(draw: st.DrawFn, spatial: int, dtype: str = "float32") -> Case:
    """Any geometry; all sizes differ, pads differ before and behind."""
    kernel = [draw(st.integers(1, 5)) for _ in range(spatial)]
    strides = [draw(st.integers(1, 3)) for _ in range(spatial)]
    dilations = [draw(st.integers(1, 3)) for _ in range(spatial)]
    pads = [draw(st.integers(0, 3)) for _ in range(2 * spatial)]
    sizes = draw(st.lists(st.integers(1, 9), min_size=spatial, max_size=spatial, unique=True))
    spans = [d * (k - 1) + 1 for d, k in zip(dilations, kernel, strict=True)]
    assume(all(sizes[i] + pads[i] + pads[spatial + i] >= spans[i] for i in range(spatial)))
    groups, per_group, out_per_group = draw(
        st.sampled_from([(1, 4, 6), (1, 1, 5), (1, 7, 1), (2, 2, 3), (3, 2, 1), (4, 1, 1), (6, 1, 1), (3, 1, 2)])
    )
    batch = draw(st.integers(1, 2))
    w = Weights(draw(st.integers(0, 3)), dtype)
    weights = {"w": w(groups * out_per_group, per_group, *kernel)}
    if draw(st.booleans()):
        weights["b"] = w(groups * out_per_group)
    return single(
        "Conv", (batch, groups * per_group, *sizes), weights, dtype=dtype, kernel_shape=kernel, strides=strides,
        dilations=dilations, pads=pads, group=groups,
    )  # fmt: skip


@draws(200)
@given(convolutions(3))
def test_conv3d_grid(case: Case) -> None:
    made, feeds = case
    for lowered in check_both(made, feeds, {"x": "NCTHW"}):
        assert lowered.moves == 0


@draws(60)
@given(convolutions(3, "float64"))
def test_conv3d_grid_in_double_precision(case: Case) -> None:
    made, feeds = case
    assert check_onnx(made, feeds, {"x": "NCTHW"}).moves == 0


@draws(40)
@given(st.integers(1, 2).flatmap(convolutions))
def test_conv1d_and_conv2d_grid(case: Case) -> None:
    check_both(*case)


def geometry(seed: int = 0, **changes: Any) -> Case:
    """A 3x2x4 kernel on (N, C, T, H, W) = (2, 3, 5, 7, 6) unless told otherwise."""
    shape = changes.pop("shape", (2, 3, 5, 7, 6))
    kernel = changes.pop("kernel", (3, 2, 4))
    groups = changes.get("group", 1)
    outputs = changes.pop("outputs", 4 if groups == 1 else groups)
    w = Weights(seed)
    weights = {"w": w(outputs, shape[1] // groups, *kernel), "b": w(outputs)}
    return single("Conv", shape, weights, **changes)


CLIP = {"x": "NCTHW"}


def test_full_kernel_is_one_conv_over_stacked_taps() -> None:
    """One Conv2d with kT * C inputs: the sum has one accumulator."""
    for lowered in check_both(*geometry(pads=(1, 0, 2, 1, 1, 1)), CLIP):
        assert lowered.ops["Conv"] + lowered.ops["CONV_2D"] == 1
        assert lowered.ops["Slice"] + lowered.ops["STRIDED_SLICE"] == 3
        assert lowered.ops["Concat"] + lowered.ops["CONCATENATION"] == 1
        assert lowered.moves == 0


def test_spatial_kernel_is_one_conv_on_frames_and_nothing_else() -> None:
    onnx_form, tflite_form = check_both(*geometry(kernel=(1, 3, 2), pads=(0, 1, 0, 0, 1, 1)), CLIP)
    assert set(onnx_form.ops) == {"Conv", "Identity"}
    assert set(tflite_form.ops) == {"CONV_2D"}


def test_temporal_kernel_is_taps_in_frames_and_a_native_kernel_channels_last() -> None:
    onnx_form, tflite_form = check_both(*geometry(kernel=(3, 1, 1), pads=(1, 0, 0, 1, 0, 0)), CLIP)
    assert onnx_form.ops["Concat"] == onnx_form.ops["Conv"] == 1
    assert tflite_form.ops["CONV_2D"] == 1
    assert "CONCATENATION" not in tflite_form.ops
    assert onnx_form.moves == tflite_form.moves == 0


def test_pointwise_stride_selects_frames_before_computing() -> None:
    onnx_form, tflite_form = check_both(*geometry(kernel=(1, 1, 1), strides=(2, 1, 1)), CLIP)
    assert onnx_form.ops["Conv"] == onnx_form.ops["Slice"] == 1
    assert tflite_form.ops["CONV_2D"] == tflite_form.ops["STRIDED_SLICE"] == 1
    assert onnx_form.shapes == ((6, 4, 7, 6),)  # 2 clips of 3 frames


def test_kernel_equal_to_stride_overlaps_nowhere() -> None:
    case = geometry(kernel=(2, 3, 3), strides=(2, 3, 3), shape=(2, 3, 8, 9, 6))
    for lowered in check_both(*case, CLIP):
        assert lowered.moves == 0
        assert lowered.ops["Pad"] + lowered.ops["PAD"] == 0


def test_depthwise_is_a_sum_of_depthwise_convs() -> None:
    case = geometry(kernel=(3, 3, 2), group=5, shape=(2, 5, 4, 7, 6), pads=(1, 1, 0, 1, 1, 1))
    onnx_form, tflite_form = check_both(*case, CLIP)
    assert (onnx_form.ops["Conv"], onnx_form.ops["Add"]) == (3, 2)
    assert (tflite_form.ops["DEPTHWISE_CONV_2D"], tflite_form.ops["ADD"]) == (3, 2)
    assert "CONV_2D" not in tflite_form.ops


def test_a_kernel_longer_than_the_clip() -> None:
    for lowered in check_both(*geometry(kernel=(5, 1, 1), shape=(1, 3, 1, 4, 5), pads=(2, 0, 0, 2, 0, 0)), CLIP):
        assert lowered.moves == 0


@pytest.mark.parametrize("mode", ["SAME_UPPER", "SAME_LOWER", "VALID"])
@pytest.mark.parametrize("strides", [(1, 1, 1), (2, 3, 2)])
def test_auto_pad(mode: str, strides: tuple[int, ...]) -> None:
    check_both(*geometry(kernel=(2, 4, 3), auto_pad=mode, strides=strides), CLIP)


def test_taps_are_in_order_and_on_the_right_side() -> None:
    """Against torch, one output position at a time: y[t] = x[t - 2] + 10 x[t - 1] + 100 x[t] with pads (2, 0)."""
    weight = np.array([1.0, 10.0, 100.0], np.float32).reshape(1, 1, 3, 1, 1)
    made, feeds = single("Conv", (1, 1, 4, 2, 3), {"w": weight}, pads=(2, 0, 0, 0, 0, 0))
    feeds["x"] = np.arange(1, 25, dtype=np.float32).reshape(1, 1, 4, 2, 3)
    x = feeds["x"]
    earlier = [np.pad(x, ((0, 0), (0, 0), (d, 0), (0, 0), (0, 0)))[:, :, :4] for d in (2, 1, 0)]
    expected = earlier[0] + 10 * earlier[1] + 100 * earlier[2]
    check_both(made, feeds, CLIP, [expected])


def test_against_torch_in_double_precision() -> None:
    """An oracle that shares no line with ONNX: groups, stride, dilation and asymmetric pads at once."""
    made, feeds = single(
        "Conv", (2, 6, 7, 9, 8), {"w": Weights(1, "float64")(4, 3, 3, 2, 3), "b": Weights(2, "float64")(4)},
        dtype="float64", strides=(2, 1, 3), dilations=(2, 3, 1), pads=(1, 0, 2, 3, 1, 0), group=2,
    )  # fmt: skip
    weights = [torch.from_numpy(onnx.numpy_helper.to_array(t).copy()) for t in made.graph.initializer]
    x = torch.nn.functional.pad(torch.from_numpy(feeds["x"]), (2, 0, 0, 1, 1, 3))
    expected = torch.nn.functional.conv3d(x, *weights, (2, 1, 3), 0, (2, 3, 1), 2).numpy()
    check_onnx(made, feeds, CLIP, [expected])


def block(batch: int, frames: int, *, factorized_first: bool) -> Case:
    """The paper's block: spatial 3x3 on frames, temporal 3x1 on [N, C, T, H*W], between views and transposes."""
    channels, height, width = 4, 5, 7
    shape = (batch * frames, channels, height, width)
    w = Weights(3)
    weights = {
        "ws": w(6, channels, 3, 3), "wt": w(6, 6, 3, 1), "wp": w(3, 6, 1, 1),
        "split": np.array([batch, frames, 6, height, width]), "fold": np.array([batch, 6, frames, height * width]),
        "open": np.array([batch, 6, frames, height, width]), "merge": np.array([batch * frames, 6, height, width]),
    }  # fmt: skip
    nodes = [
        node("Conv", ["x", "ws"], ["s"], pads=[1, 1, 1, 1]),
        node("Reshape", ["s", "split"], ["a"]),
        node("Transpose", ["a"], ["b"], perm=[0, 2, 1, 3, 4]),
        node("Reshape", ["b", "fold"], ["c"]),
        node("Conv", ["c", "wt"], ["d"], pads=[1, 0, 1, 0]),
        node("Relu", ["d"], ["e"]),
        node("Reshape", ["e", "open"], ["f"]),
        node("Transpose", ["f"], ["g"], perm=[0, 2, 1, 3, 4]),
        node("Reshape", ["g", "merge"], ["h"]),
        node("Add", ["h", "s"], ["i"]) if factorized_first else node("Add", ["s", "h"], ["i"]),
        node("Conv", ["i", "wp"], ["y"]),
    ]
    return model(nodes, {"x": shape}, ["y"], weights), {"x": w.clip(*shape)}


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("order", [False, True])
def test_the_papers_block_moves_no_data_in_either_form(batch: int, order: bool) -> None:
    for lowered in check_both(*block(batch, 6, factorized_first=order), {"x": "NCHW"}):
        assert lowered.moves == 0
        assert lowered.ops["Conv"] + lowered.ops["CONV_2D"] == 3


def test_a_timeline_convolution_on_its_own() -> None:
    """Conv2d (k, 1) on [N, C, T, H*W] with stride, dilation and pads, straight from the input."""
    made, feeds = single("Conv", (2, 3, 9, 20), {"w": Weights()(5, 3, 3, 1)}, strides=(2, 1), dilations=(2, 1),
                         pads=(1, 0, 2, 0))  # fmt: skip
    check_both(made, feeds)


def test_two_convolutions_share_no_names() -> None:
    nodes = [node("Conv", ["x", "w"], ["a"], pads=[1, 1, 1, 1, 1, 1]), node("Conv", ["a", "w"], ["y"])]
    made = model(nodes, {"x": (2, 3, 5, 6, 7)}, ["y"], {"w": Weights()(3, 3, 3, 3, 3)})
    check_both(made, {"x": Weights(5).clip(2, 3, 5, 6, 7)}, CLIP)


def test_with_the_delegate_too() -> None:
    made, feeds = geometry(kernel=(3, 3, 3), pads=(1, 1, 1, 1, 1, 1), strides=(1, 2, 2), shape=(1, 8, 5, 9, 11))
    check_tflite(made, feeds, CLIP, delegate=True)


def test_the_suite_itself_sees_a_reversed_tap(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proof that these inputs tell time's direction: the same taps the other way round are far off."""
    from edgeconv.lowering.rules import conv

    plain = conv.taps
    monkeypatch.setattr(conv, "taps", lambda *given: plain(*given)[::-1])
    made, feeds = geometry(pads=(1, 0, 2, 1, 1, 1))
    with pytest.raises(AssertionError):
        check_onnx(made, feeds, CLIP)
    with pytest.raises(AssertionError):
        check_tflite(made, feeds, CLIP)


# -- refusals --------------------------------------------------------------------------------------------


def test_refuses_computed_weights_and_biases() -> None:
    nodes = [
        node("Relu", ["v"], ["w"]),
        node("Conv", ["x", "w"], ["a"]),
        node("Relu", ["u"], ["b"]),
        node("Conv", ["x", "k", "b"], ["y"]),
    ]
    inputs = {"x": (1, 2, 3, 4, 5), "v": (3, 2, 1, 1, 1), "u": (3,)}
    made = model(nodes, inputs, ["a", "y"], {"k": Weights()(3, 2, 1, 1, 1)})
    first, second = reasons(made)
    assert first.startswith("Conv 'a' on [1, 2, 3, 4, 5] × [3, 2, 1, 1, 1]: its weight is computed at run time")
    assert "Conv 'y'" in second
    assert "its bias is computed" in second
    assert "before export" in second


def test_refuses_what_it_cannot_shape() -> None:
    w = Weights()
    four, _ = single("Conv", (1, 2, 3, 4, 5, 6), {"w": w(3, 2, 1, 1, 1, 1)})
    assert "4 spatial axes" in reasons(four)[0]
    negative, _ = single("Conv", (1, 2, 3, 4, 5), {"w": w(3, 2, 1, 1, 1)}, pads=(0, 0, -1, 0, 0, 0))
    assert "negative pads [0, 0, -1, 0, 0, 0]" in reasons(negative)[0]
    assert "slice the input" in reasons(negative)[0]
    wrong, _ = single("Conv", (1, 2, 3, 4, 5), {"w": w(3, 2, 1, 1, 1)}, auto_pad="SAME")
    assert "auto_pad='SAME'" in reasons(wrong)[0]


def test_all_refusals_are_collected_and_what_hangs_on_them_is_not_blamed() -> None:
    nodes = [
        node("LSTM", ["x", "w", "w"], ["a"]),
        node("Relu", ["a"], ["b"]),
        node("MyOp", ["x"], ["c"], domain="acme"),
        node("Conv", ["x", "k"], ["d"], pads=[0, -1, 0, 0]),
        node("Add", ["b", "c"], ["y"]),
    ]
    made = model(nodes, {"x": (1, 2, 3, 4)}, ["y", "d"], {"w": Weights()(1, 2, 3), "k": Weights()(3, 2, 1, 1)})
    found = reasons(made)
    assert [r.split(" ")[0] for r in found] == ["LSTM", "MyOp", "Conv"]
    assert "there is no rule for it" in found[0]
    assert reasons(made, tflite=True) == found


def test_lowering_is_deterministic() -> None:
    made, feeds = geometry(pads=(1, 0, 2, 1, 1, 1))
    once, twice = lower_onnx(made, feeds, CLIP), lower_onnx(made, feeds, CLIP)
    assert all(np.array_equal(a, b) for a, b in zip(once.outputs, twice.outputs, strict=True))
    assert once.ops == twice.ops == lower_onnx(made, feeds, CLIP).ops
    assert lower_tflite(made, feeds, CLIP).ops == lower_tflite(made, feeds, CLIP).ops
