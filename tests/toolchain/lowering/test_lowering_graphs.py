"""Whole small networks by hand; random ones are in tests/graphs."""

from __future__ import annotations

import numpy as np
from lowering_cases import Weights, check_both, check_onnx, model, node

CLIP = {"x": "NCTHW"}


def test_a_small_r3d_moves_no_data_in_either_form() -> None:
    """Residual blocks with strides in space and time, projection shortcuts, global pool and classifier."""
    w = Weights(1)
    nodes, weights = [], {}

    def conv(source: str, target: str, inputs: int, outputs: int, kernel: int, stride: int) -> None:
        weights[f"{target}.w"], weights[f"{target}.b"] = w(outputs, inputs, *[kernel] * 3), w(outputs)
        nodes.append(node("Conv", [source, f"{target}.w", f"{target}.b"], [target],
                          pads=[kernel // 2] * 6, strides=[stride] * 3))  # fmt: skip

    conv("x", "stem", 3, 4, 3, 1)
    source, channels = "stem", 4
    for i, outputs in enumerate((5, 7)):
        nodes.append(node("Relu", [source], [f"in{i}"]))
        conv(f"in{i}", f"a{i}", channels, outputs, 3, 2)
        nodes.append(node("Relu", [f"a{i}"], [f"r{i}"]))
        conv(f"r{i}", f"b{i}", outputs, outputs, 3, 1)
        conv(f"in{i}", f"s{i}", channels, outputs, 1, 2)
        nodes.append(node("Add", [f"b{i}", f"s{i}"], [f"out{i}"]))
        source, channels = f"out{i}", outputs
    weights |= {"fc.w": w(6, 7), "fc.b": w(6)}
    nodes += [node("GlobalAveragePool", [source], ["pool"]), node("Flatten", ["pool"], ["flat"]),
              node("Gemm", ["flat", "fc.w", "fc.b"], ["y"], transB=1)]  # fmt: skip
    for shape in ((1, 3, 8, 10, 9), (2, 3, 4, 9, 7)):  # with T = 4 the last blocks see one frame
        made = model(nodes, {"x": shape}, ["y"], weights)
        for lowered in check_both(made, {"x": w.clip(*shape)}, CLIP):
            assert lowered.moves == 0


def test_whole_network_in_double_precision() -> None:
    w = Weights(1, "float64")
    weights = {
        "w": w(5, 3, 3, 3, 3),
        "s": w(5),
        "b": w(5),
        "m": w(5),
        "v": w(5, low=0.5, high=2.0),
        "d": w(5, 4),
        "e": w(4),
    }
    nodes = [
        node("Conv", ["x", "w"], ["c"], pads=[1, 1, 0, 1, 0, 1]),
        node("Relu", ["c"], ["r"]),
        node("BatchNormalization", ["r", "s", "b", "m", "v"], ["n"]),
        node("Clip", ["n", "", "hi"], ["k"]),
        node("AveragePool", ["k"], ["p"], kernel_shape=[2, 2, 2], pads=[1, 0, 1, 0, 0, 0], count_include_pad=1),
        node("Pad", ["p", "pads", "fill"], ["q"]),
        node("ReduceMax", ["q", "space"], ["g"]),
        node("Flatten", ["g"], ["f"]),
        node("Gemm", ["f", "d", "e"], ["y"]),
    ]
    weights |= {
        "space": np.array([2, 3, 4]),
        "hi": np.array(1.7),
        "pads": np.array([0, 0, 1, 0, 0, 0, 0, 0, 2, 0]),
        "fill": np.array(0.3),
    }
    made = model(nodes, {"x": (2, 3, 4, 5, 7)}, ["y"], weights, dtype="float64")
    assert check_onnx(made, {"x": w.clip(2, 3, 4, 5, 7)}, CLIP).moves == 0
