"""ConvTranspose of one to three axes, with every attribute, against ONNX Runtime, PyTorch's formula and LiteRT."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lowering_cases import Array, Weights, check_both, check_onnx, check_tflite, draws, model, node, reasons, single

CLIP = {"x": "NCTHW"}
SHAPE = (2, 4, 3, 5, 6)
w = Weights(9)


def placed(x: Array, weight: Array, stride: list[int], dilation: list[int], pads: list[int], extra: list[int],
           groups: int) -> Array:  # fmt: skip
    """By the definition: every input times the whole kernel is added at stride * position; float64."""
    n = x.ndim - 2
    sizes, kernel = x.shape[2:], weight.shape[2:]
    full = [(sizes[i] - 1) * stride[i] + dilation[i] * (kernel[i] - 1) + 1 + extra[i] for i in range(n)]
    out = np.zeros((x.shape[0], groups, weight.shape[1], *full))
    split = x.astype(np.float64).reshape(x.shape[0], groups, -1, *sizes)
    kernels = weight.astype(np.float64).reshape(groups, -1, *weight.shape[1:])
    for at in np.ndindex(*kernel):
        part = np.einsum("ngc...,gco->ngo...", split, kernels[(..., *at)])
        span = [slice(d * a, d * a + (s - 1) * t + 1, t)
                for a, d, s, t in zip(at, dilation, sizes, stride, strict=True)]  # fmt: skip
        out[(slice(None), slice(None), slice(None), *span)] += part
    made = out.reshape(x.shape[0], -1, *full)
    return made[(slice(None), slice(None), *(slice(pads[i], full[i] - pads[n + i]) for i in range(n)))]


@draws(120)
@given(st.data())
def test_any_geometry(data: st.DataObject) -> None:
    """Strides above the kernel, dilations that share factors with the stride, cropping pads, rows behind the last."""
    n = data.draw(st.integers(1, 3))
    groups = data.draw(st.sampled_from([1, 1, 2, 4]))
    shape = (data.draw(st.integers(1, 2)), 4, *data.draw(st.permutations([2, 3, 5]))[:n])
    kernel = data.draw(st.lists(st.integers(1, 4), min_size=n, max_size=n))
    stride = data.draw(st.lists(st.integers(1, 3), min_size=n, max_size=n))
    dilation = data.draw(st.lists(st.integers(1, 3), min_size=n, max_size=n))
    extra = [data.draw(st.integers(0, max(s, d) - 1)) for s, d in zip(stride, dilation, strict=True)]
    full = [(shape[2 + i] - 1) * stride[i] + dilation[i] * (kernel[i] - 1) + 1 + extra[i] for i in range(n)]
    before = [data.draw(st.integers(0, min(f - 1, 3))) for f in full]
    pads = [*before, *(data.draw(st.integers(0, min(f - b - 1, 3))) for f, b in zip(full, before, strict=True))]
    weights = {"w": w(4, 3, *kernel)} | ({"b": w(3 * groups)} if data.draw(st.booleans()) else {})
    made, feeds = single("ConvTranspose", shape, weights, strides=stride, dilations=dilation, pads=pads, group=groups,
                         output_padding=extra)  # fmt: skip
    want = placed(feeds["x"], weights["w"], stride, dilation, pads, extra, groups)
    if "b" in weights:
        want = want + weights["b"].reshape(-1, *[1] * n)
    check_both(made, feeds, CLIP if n == 3 else {}, [want])


def test_in_double_precision() -> None:
    """One group: the reference evaluator misreads the weight of several."""
    d = Weights(4, "float64")
    weights = {"w": d(4, 3, 3, 2, 4), "b": d(3)}
    made, feeds = single("ConvTranspose", SHAPE, weights, dtype="float64", strides=[2, 2, 3], pads=[1, 0, 1, 0, 1, 1])
    want = placed(feeds["x"], weights["w"], [2, 2, 3], [1, 1, 1], [1, 0, 1, 0, 1, 1], [0, 0, 0], 1)
    check_onnx(made, feeds, CLIP, [want + weights["b"].reshape(-1, 1, 1, 1)])


def test_kernel_two_stride_two_has_no_tap_and_no_transpose() -> None:
    """The up-sampling of most 3D U-Nets: two phases of one tap each, put side by side."""
    for batch in (1, 2):
        made, feeds = single("ConvTranspose", (batch, *SHAPE[1:]), {"w": w(4, 3, 2, 2, 2), "b": w(3)},
                             strides=[2, 2, 2])  # fmt: skip
        onnx_form, tflite_form = check_both(made, feeds, CLIP)
        assert onnx_form.ops["ConvTranspose"] == 2
        assert onnx_form.ops["Concat"] == 1
        assert onnx_form.ops["Slice"] + onnx_form.ops["Pad"] + onnx_form.moves == 0
        assert tflite_form.ops["TRANSPOSE_CONV"] == 2
        assert tflite_form.ops["CONCATENATION"] == 1
        assert tflite_form.moves == tflite_form.ops["SLICE"] == tflite_form.ops["PAD"] == 0


def test_kernel_three_stride_two_computes_no_inserted_zero() -> None:
    """MONAI's UNet: the even outputs have one tap in time, the odd ones two."""
    made, feeds = single("ConvTranspose", SHAPE, {"w": w(4, 3, 3, 3, 3), "b": w(3)}, strides=[2, 2, 2],
                         pads=[1] * 6, output_padding=[1, 1, 1])  # fmt: skip
    onnx_form, tflite_form = check_both(made, feeds, CLIP)
    assert onnx_form.ops["ConvTranspose"] == tflite_form.ops["TRANSPOSE_CONV"] == 2
    assert onnx_form.moves == tflite_form.moves == 0
    assert onnx_form.outputs[0].shape == (2, 3, 6, 10, 12)


def test_stride_one_is_a_plain_convolution() -> None:
    made, feeds = single("ConvTranspose", SHAPE, {"w": w(4, 3, 3, 3, 3)}, pads=[1] * 6)
    for lowered in check_both(made, feeds, CLIP):
        assert lowered.ops["ConvTranspose"] + lowered.ops["TRANSPOSE_CONV"] == 0
        assert lowered.ops["Conv"] + lowered.ops["CONV_2D"] == 1
        assert lowered.moves == 0


def test_groups_go_by_phases_where_the_format_has_no_grouped_form() -> None:
    made, feeds = single("ConvTranspose", SHAPE, {"w": w(4, 1, 2, 2, 2)}, strides=[2, 2, 2], group=4)
    onnx_form, tflite_form = check_both(made, feeds, CLIP)
    assert onnx_form.ops["ConvTranspose"] == 2
    assert tflite_form.ops["TRANSPOSE_CONV"] == 0
    assert tflite_form.ops["DEPTHWISE_CONV_2D"] == 8
    assert onnx_form.moves == tflite_form.moves == 0


def test_outputs_that_meet_no_input_are_the_bias() -> None:
    """Stride 3, kernel 1: two of three frames, rows and columns hold nothing else."""
    bias = w(3)
    made, feeds = single("ConvTranspose", SHAPE, {"w": w(4, 3, 1, 1, 1), "b": bias}, strides=[3, 3, 3])
    for lowered in check_both(made, feeds, CLIP):
        got = lowered.outputs[0]
        assert got.shape == (2, 3, 7, 13, 16)
        empty = got[:, :, 1::3]
        np.testing.assert_array_equal(empty, np.broadcast_to(bias.reshape(-1, 1, 1, 1), empty.shape))


@pytest.mark.parametrize("mode", ["SAME_UPPER", "SAME_LOWER", "VALID"])
def test_auto_pad(mode: str) -> None:
    for kernel, stride in (([3, 3, 4], [2, 2, 2]), ([2, 4, 3], [1, 3, 2])):
        made, feeds = single("ConvTranspose", SHAPE, {"w": w(4, 3, *kernel)}, strides=stride, auto_pad=mode)
        lowered, _ = check_both(made, feeds, CLIP)
        if mode != "VALID":
            assert lowered.outputs[0].shape[2:] == tuple(s * t for s, t in zip(SHAPE[2:], stride, strict=True))


@pytest.mark.parametrize("mode", ["NOTSET", "SAME_UPPER", "SAME_LOWER"])
def test_output_shape_decides_the_pads(mode: str) -> None:
    made, feeds = single("ConvTranspose", SHAPE, {"w": w(4, 3, 3, 4, 3)}, strides=[2, 2, 3], auto_pad=mode,
                         output_shape=[6, 10, 17])  # fmt: skip
    lowered, _ = check_both(made, feeds, CLIP)
    assert lowered.outputs[0].shape == (2, 3, 6, 10, 17)


def test_after_a_transpose_that_puts_time_elsewhere() -> None:
    for perm in ([0, 1, 3, 4, 2], [0, 3, 2, 1, 4], [2, 1, 0, 4, 3]):
        channels = SHAPE[perm[1]]
        nodes = [node("Transpose", ["x"], ["t"], perm=perm),
                 node("ConvTranspose", ["t", "w"], ["y"], strides=[2, 2, 2], pads=[1, 0, 0, 0, 0, 1])]  # fmt: skip
        made = model(nodes, {"x": SHAPE}, ["y"], {"w": w(channels, 2, 3, 3, 3)})
        check_both(made, {"x": w.clip(*SHAPE)}, CLIP)


def test_a_decoder_between_convolutions_moves_no_data() -> None:
    nodes = [
        node("Conv", ["x", "a"], ["c"], pads=[1] * 6, strides=[2, 2, 2]),
        node("ConvTranspose", ["c", "b"], ["u"], strides=[2, 2, 2]),
        node("Concat", ["x", "u"], ["k"], axis=1),
        node("Conv", ["k", "d"], ["y"], pads=[1] * 6),
    ]
    shape = (2, 4, 6, 8, 10)
    weights = {"a": w(5, 4, 3, 3, 3), "b": w(5, 4, 2, 2, 2), "d": w(3, 8, 3, 3, 3)}
    for lowered in check_both(model(nodes, {"x": shape}, ["y"], weights), {"x": w.clip(*shape)}, CLIP):
        assert lowered.moves == 0


def test_one_and_two_axes() -> None:
    for shape, n in (((2, 4, 7), 1), ((2, 4, 5, 6), 2)):
        made, feeds = single("ConvTranspose", shape, {"w": w(4, 3, *[3] * n)}, strides=[2] * n, pads=[1] * (2 * n))
        onnx_form, _ = check_both(made, feeds)
        assert onnx_form.ops["ConvTranspose"] == 1
        assert onnx_form.moves == 0


def test_a_kernel_of_one_without_stride_is_pointwise() -> None:
    made, feeds = single("ConvTranspose", SHAPE, {"w": w(4, 3, 1, 1, 1)})
    lowered = check_tflite(made, feeds, CLIP)
    assert lowered.ops["CONV_2D"] == 1
    assert sum(lowered.ops.values()) == 1


def test_refusals() -> None:
    late = model([node("ConvTranspose", ["x", "u"], ["y"])], {"x": (1, 2, 3, 4), "u": (2, 3, 1, 1)}, ["y"])
    assert "its weight is computed at run time" in reasons(late)[0]
    four, _ = single("ConvTranspose", (1, 2, 3, 3, 3, 3), {"w": w(2, 1, 1, 1, 1, 1)})
    assert "4 spatial axes" in reasons(four)[0]
