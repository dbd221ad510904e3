"""BatchNormalization that stays: one scale and shift per channel, of any rank."""

from __future__ import annotations

import pytest
from lowering_cases import Array, Weights, check_both, check_onnx, model, node, reasons, single

STATISTICS = ("scale", "bias", "mean", "var")


def statistics(channels: int, dtype: str = "float32", prefix: str = "") -> dict[str, Array]:
    w = Weights(9, dtype)
    made = {prefix + n: w(channels) for n in STATISTICS}
    return made | {prefix + "var": w(channels, low=0.3, high=2.0)}


@pytest.mark.parametrize(
    "shape", [(4, 3), (2, 3, 7), (2, 3, 5, 7), (2, 3, 4, 5, 7), (2, 1, 4, 5, 7), (2, 3, 2, 4, 5, 7)]
)
def test_any_rank(shape: tuple[int, ...]) -> None:
    made, feeds = single("BatchNormalization", shape, statistics(shape[1]), epsilon=0.03)
    onnx_form, tflite_form = check_both(made, feeds, {"x": "NCTHW"})
    assert onnx_form.ops["BatchNormalization"] == 1
    assert tflite_form.ops["DEPTHWISE_CONV_2D"] + tflite_form.ops["CONV_2D"] == 1
    if len(shape) == 5:
        assert onnx_form.moves == tflite_form.moves == 0
    if shape == (2, 3, 4, 5, 7):
        assert set(onnx_form.ops) == {"BatchNormalization", "Identity"}


def test_in_double_precision() -> None:
    made, feeds = single("BatchNormalization", (2, 3, 4, 5, 7), statistics(3, "float64"), dtype="float64")
    check_onnx(made, feeds, {"x": "NCTHW"})


def test_small_variances_keep_their_precision() -> None:
    given = statistics(3) | {"var": Weights(1)(3, low=1e-12, high=1e-9)}
    made, feeds = single("BatchNormalization", (2, 3, 5, 7), given, epsilon=1e-5)
    check_both(made, feeds)


def test_refuses_training_mode_and_computed_statistics() -> None:
    training = model(
        [node("BatchNormalization", ["x", *STATISTICS], ["y", "m", "v"], training_mode=1)],
        {"x": (2, 3, 5)}, ["y"], statistics(3),
    )  # fmt: skip
    assert "it is in training mode (call model.eval() before export)" in reasons(training)[0]
    given = statistics(3)
    del given["mean"]
    computed = model(
        [node("BatchNormalization", ["x", *STATISTICS], ["y"])], {"x": (2, 3, 5), "mean": (3,)}, ["y"], given
    )
    assert "its mean is computed at run time" in reasons(computed)[0]
