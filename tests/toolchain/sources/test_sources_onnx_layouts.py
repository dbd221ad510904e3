"""The axis order of an ONNX input is the one in which its first convolution reads it."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from edgeconv.sources.onnx_layouts import guess_layout

NODE = helper.make_node


def graph(shape: tuple[int, ...], *nodes: onnx.NodeProto, kernel: tuple[int, ...] = (4, 7, 3, 3, 3)) -> onnx.GraphProto:
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in (("x", shape), ("y", None))]
    return helper.make_graph(
        nodes, "g", ends[:1], ends[1:], [numpy_helper.from_array(np.ones(kernel, np.float32), "w")]
    )


def conv(source: str) -> onnx.NodeProto:
    return NODE("Conv", [source, "w"], ["y"])


def test_a_convolution_reads_channels_then_time() -> None:
    shape = (1, 7, 16, 9, 8)
    layout, note = guess_layout(graph(shape, conv("x")), "x", shape)
    assert layout == "NCTHW"
    assert "'x' [1, 7, 16, 9, 8] were taken as NCTHW" in note


def test_three_colours_are_worth_no_note() -> None:
    shape = (1, 3, 3, 9, 8)
    assert guess_layout(graph(shape, conv("x"), kernel=(4, 3, 3, 3, 3)), "x", shape) == ("NCTHW", "")


@pytest.mark.parametrize(
    ("perm", "layout"), [((0, 4, 1, 2, 3), "NTHWC"), ((0, 2, 1, 3, 4), "NTCHW"), ((3, 4, 0, 1, 2), "THWNC")]
)
def test_transposes_are_followed_back(perm: tuple[int, ...], layout: str) -> None:
    shape = (2, 5, 7, 9, 8)
    nodes = [
        NODE("Sub", ["x", "mean"], ["centred"]),
        NODE("Transpose", ["centred"], ["turned"], perm=perm),
        NODE("Pad", ["turned", "pads"], ["padded"]),
        conv("padded"),
    ]
    assert guess_layout(graph(shape, *nodes), "x", shape)[0] == layout


def test_what_stands_behind_a_reshape_tells_nothing() -> None:
    shape = (1, 7, 16, 9, 8)
    nodes = [NODE("Reshape", ["x", "shape"], ["r"]), conv("r")]
    assert guess_layout(graph(shape, *nodes), "x", shape) == ("", "")


@pytest.mark.parametrize(
    ("shape", "layout"),
    [
        ((1, 3, 16, 9, 8), "NCTHW"),
        ((1, 16, 3, 9, 8), "NTCHW"),
        ((1, 16, 9, 8, 3), "NTHWC"),
        ((1, 1, 16, 9, 8), "NCTHW"),
        ((1, 16, 9, 8, 1), "NTHWC"),
        ((1, 3, 16, 9, 1), "NCTHW"),  # three colours go before one
        ((1, 3, 3, 9, 8), ""),
        ((1, 1, 1, 9, 8), ""),
        ((1, 4, 16, 9, 8), ""),
        ((16, 3, 9, 8), ""),
    ],
)
def test_else_the_channels_tell_it_where_only_one_axis_can_be_theirs(shape: tuple[int, ...], layout: str) -> None:
    assert guess_layout(graph(shape, NODE("Relu", ["x"], ["y"])), "x", shape) == (layout, "")
