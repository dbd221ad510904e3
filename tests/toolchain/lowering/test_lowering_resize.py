"""Resize and Upsample of clips: which operators come out, and that the numbers are right."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lowering_cases import (
    Array,
    Lowered,
    Weights,
    check_both,
    check_onnx,
    draws,
    everywhere,
    model,
    node,
    reasons,
    run_onnx,
)

CLIP = {"x": "NCTHW"}
SHAPE = (2, 3, 4, 5, 7)


def resize(shape: tuple[int, ...], *, scales: list[float] | None = None, sizes: list[int] | None = None,
           opset: int = 19, double: bool = True, **attributes: object) -> tuple[Lowered, Lowered]:  # fmt: skip
    """Lowered everywhere."""
    names, weights = ["x", "", "s"], {"s": np.array(scales, np.float32)}
    if sizes is not None:
        names, weights = ["x", "", "", "s"], {"s": np.array(sizes)}
    layouts = CLIP if len(shape) == 5 else {}
    # A float64 model keeps its scales in float32.
    nodes = [node("Resize", names, ["y"], **attributes)]
    if double:
        made = model(nodes, {"x": shape}, ["y"], weights, opset=opset, dtype="float64")
        check_onnx(made, {"x": Weights(3, "float64").clip(*shape)}, layouts)
    made = model(nodes, {"x": shape}, ["y"], weights, opset=opset)
    return check_both(made, {"x": Weights(3).clip(*shape)}, layouts)


@pytest.mark.parametrize("coordinates", ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"])
def test_trilinear_is_two_resizes_and_no_transpose(coordinates: str) -> None:
    for shape in (SHAPE, (1, *SHAPE[1:])):
        onnx_form, tflite_form = resize(
            shape, scales=[1, 1, 2, 2, 2], mode="linear", coordinate_transformation_mode=coordinates,
            double=coordinates != "align_corners",
        )  # fmt: skip
        assert onnx_form.moves == tflite_form.moves == 0
        assert onnx_form.ops["Resize"] == 2
        assert onnx_form.ops["MatMul"] == 0
        assert tflite_form.ops["RESIZE_BILINEAR"] == 2


def test_bilinear_of_frames_is_one_resize() -> None:
    onnx_form, tflite_form = resize(SHAPE, sizes=[2, 3, 4, 10, 9], mode="linear")
    assert onnx_form.ops == {"Resize": 1, "Identity": 1}
    assert tflite_form.ops == {"RESIZE_BILINEAR": 1}


def test_time_alone_is_one_resize_on_the_timeline() -> None:
    onnx_form, tflite_form = resize(SHAPE, sizes=[2, 3, 9, 5, 7], mode="linear")
    assert onnx_form.ops["Resize"] == 1
    assert tflite_form.ops["RESIZE_BILINEAR"] == 1
    assert onnx_form.moves == tflite_form.moves == 0


def test_nearest_repetition_is_a_concatenation_and_a_view() -> None:
    """The formats' nearest operators would need a resize per plane; repeated positions are copies that lie together."""
    onnx_form, tflite_form = resize(SHAPE, scales=[1, 1, 2, 2, 2], coordinate_transformation_mode="asymmetric",
                                    nearest_mode="floor")  # fmt: skip
    for lowered in (onnx_form, tflite_form):
        assert lowered.moves == 0
        assert lowered.ops["Concat"] + lowered.ops["CONCATENATION"] == 3
        assert lowered.ops["Slice"] + lowered.ops["SLICE"] + lowered.ops["STRIDED_SLICE"] == 0


def test_nearest_positions_too_scattered_for_slices_are_a_product() -> None:
    """Height 97 to 190: most rows twice, some once."""
    how = node("Resize", ["x", "", "", "s"], ["y"])
    made = model([how], {"x": (1, 3, 2, 97, 4)}, ["y"], {"s": np.array([1, 3, 2, 190, 4])})
    for lowered in check_both(made, {"x": Weights(3).clip(1, 3, 2, 97, 4)}, CLIP):
        assert lowered.moves == 0
        assert lowered.ops["MatMul"] + lowered.ops["BATCH_MATMUL"] == 1


def test_nearest_to_every_second_frame_is_a_unit_slice() -> None:
    onnx_form, _ = resize(SHAPE, scales=[1, 1, 0.5, 1, 1], coordinate_transformation_mode="asymmetric",
                          nearest_mode="floor")  # fmt: skip
    assert onnx_form.ops["Slice"] == 1
    assert onnx_form.moves == onnx_form.ops["Concat"] == 0


@draws(40)
@given(st.data())
def test_any_mode_on_any_axes_after_any_transpose(data: st.DataObject) -> None:
    shape = tuple(data.draw(st.permutations([2, 3, 4, 5, 7]))[: data.draw(st.integers(3, 5))])
    perm = data.draw(st.permutations(range(len(shape))))
    seen = [shape[p] for p in perm]
    sizes = [data.draw(st.sampled_from([s, s, 2 * s, s + 3, max(1, s - 1)])) if a >= 1 else s
             for a, s in enumerate(seen)]  # fmt: skip
    mode = data.draw(st.sampled_from(["nearest", "linear", "cubic"]))
    attributes = {
        "mode": mode,
        "coordinate_transformation_mode": data.draw(
            st.sampled_from(["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"])
        ),
    }
    if mode == "nearest":
        attributes["nearest_mode"] = data.draw(st.sampled_from(["round_prefer_floor", "floor", "ceil"]))
    how = node("Resize", ["t", "", "", "s"], ["y"], **attributes)
    made = model([node("Transpose", ["x"], ["t"], perm=perm), how], {"x": shape}, ["y"], {"s": np.array(sizes)})
    feeds = {"x": Weights(1).clip(*shape)}
    check_both(made, feeds, expected=reference(feeds["x"].transpose(perm), sizes, attributes))


def reference(x: Array, sizes: list[int], attributes: dict[str, str]) -> list[Array]:
    """Axis by axis in ONNX Runtime, which resizes the last two axes of rank 4 at most in some modes."""
    for axis, size in enumerate(sizes):
        if size == x.shape[axis]:
            continue
        rows = np.moveaxis(x, axis, 0)
        flat = np.ascontiguousarray(rows.reshape(1, 1, rows.shape[0], -1))
        how = node("Resize", ["x", "", "", "s"], ["y"], **attributes)
        made = model([how], {"x": flat.shape}, ["y"], {"s": np.array([1, 1, size, flat.shape[3]])})
        (y,) = run_onnx(made, {"x": flat})
        x = np.moveaxis(y.reshape(size, *rows.shape[1:]), 0, axis)
    return [x]


@pytest.mark.parametrize("attributes", [{"mode": "cubic"}, {"mode": "linear", "antialias": 1}])
def test_what_the_formats_lack_is_a_product_with_a_matrix(attributes: dict[str, object]) -> None:
    onnx_form, _ = resize((2, 3, 8, 5), sizes=[2, 3, 6, 10], **attributes)
    assert onnx_form.ops["Resize"] == 0
    assert onnx_form.ops["MatMul"] + onnx_form.ops["Gemm"] == 2
    assert onnx_form.moves == 0


def test_a_scale_that_is_not_out_over_in_is_a_product_too() -> None:
    """7 * 1.5 = 10.5: ten rows, 1.5 apart; an operator that takes sizes would space them by 10 / 7."""
    onnx_form, _ = resize((2, 3, 7, 5), scales=[1, 1, 1.5, 2], mode="linear")
    assert onnx_form.ops["Resize"] == 1
    assert onnx_form.ops["MatMul"] == 1


def test_pytorch_puts_a_single_row_at_the_first_input() -> None:
    """Half a pixel in the middle would be the mean of all."""
    onnx_form, _ = resize((2, 3, 4, 5), sizes=[2, 3, 1, 5], mode="linear", double=False,
                          coordinate_transformation_mode="pytorch_half_pixel")  # fmt: skip
    np.testing.assert_allclose(onnx_form.outputs[0], Weights(3).clip(2, 3, 4, 5)[:, :, :1], rtol=1e-6)


@pytest.mark.parametrize("policy", ["not_larger", "not_smaller"])
def test_aspect_ratio_policies(policy: str) -> None:
    for sizes in ([9, 8], [3, 11], [2, 3]):
        resize((2, 3, 4, 5), sizes=sizes, axes=[2, 3], keep_aspect_ratio_policy=policy, mode="linear", double=False)


def test_axes_may_be_named() -> None:
    resize(SHAPE, scales=[2.0, 3.0], axes=[4, 2], mode="linear")
    resize(SHAPE, sizes=[8, 10], axes=[2, 3], coordinate_transformation_mode="asymmetric")
    resize(SHAPE, sizes=[8, 10], axes=[2, -2], coordinate_transformation_mode="asymmetric", double=False)


def test_scales_of_one_are_no_operator() -> None:
    made = model([node("Resize", ["x", "", "s"], ["r"], mode="linear"), node("Relu", ["r"], ["y"])],
                 {"x": SHAPE}, ["y"], {"s": np.ones(5, np.float32)})  # fmt: skip
    onnx_form, tflite_form = check_both(made, {"x": Weights().clip(*SHAPE)}, CLIP)
    assert onnx_form.ops == {"Relu": 1, "Identity": 1}
    assert tflite_form.ops == {"RELU": 1}


def test_forms_before_opset_11() -> None:
    for mode in ("nearest", "linear"):
        shape = (2, 3, 4, 5)
        for opset, op in ((9, "Upsample"), (10, "Resize")):
            everywhere([node(op, ["x", "s"], ["y"], mode=mode)], {"x": shape},
                       {"s": np.array([1, 1, 2, 3], np.float32)}, opset=opset, double=False)  # fmt: skip
        everywhere([node("Upsample", ["x"], ["y"], mode=mode, scales=[1.0, 1.0, 2.0, 3.0])], {"x": shape},
                   opset=7, double=False)  # fmt: skip


def test_an_upsampling_decoder_moves_no_data() -> None:
    """As in a 3D U-Net: resize, concatenate with the skip, convolve."""
    nodes = [
        node("MaxPool", ["x"], ["p"], kernel_shape=[2, 2, 2], strides=[2, 2, 2]),
        node("Conv", ["p", "w"], ["c"], pads=[1] * 6),
        node("Resize", ["c", "", "s"], ["u"], mode="linear", coordinate_transformation_mode="align_corners"),
        node("Concat", ["x", "u"], ["k"], axis=1),
        node("Conv", ["k", "v"], ["y"], pads=[1] * 6),
    ]
    w, shape = Weights(), (2, 3, 4, 6, 8)
    weights = {"w": w(5, 3, 3, 3, 3), "v": w(2, 8, 3, 3, 3), "s": np.array([1, 1, 2, 2, 2], np.float32)}
    for lowered in check_both(model(nodes, {"x": shape}, ["y"], weights), {"x": w.clip(*shape)}, CLIP):
        assert lowered.moves == 0


def test_refusals() -> None:
    late = model([node("Resize", ["x", "", "s"], ["y"])], {"x": (1, 2, 3, 4), "s": (4,)}, ["y"])
    assert "its scales is computed at run time" in reasons(late)[0]
    window = {"r": np.array([0, 0, 0, 0, 1, 1, 1, 1], np.float32), "s": np.array([1, 1, 2, 2], np.float32)}
    crop = model([node("Resize", ["x", "r", "s"], ["y"], coordinate_transformation_mode="tf_crop_and_resize")],
                 {"x": (1, 2, 3, 4)}, ["y"], window)  # fmt: skip
    assert "coordinate mode 'tf_crop_and_resize'" in reasons(crop)[0]
    simple = model([node("Resize", ["x", "", "s"], ["y"], nearest_mode="simple")], {"x": (1, 2, 3, 4)}, ["y"],
                   {"s": np.array([1, 1, 2, 2], np.float32)})  # fmt: skip
    assert "nearest_mode 'simple'" in reasons(simple)[0]
