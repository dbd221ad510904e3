"""Any geometry of one 3D operator: kernels 1-7, strides and dilations 1-3, asymmetric pads, groups, T 1-16, N 1-2.

Sizes are built, not filtered, so that every draw is a case; no two axes longer than 1 are equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import onnx
import torch
from hypothesis import strategies as st
from lowering_cases import Array, Weights, single
from onnx import helper, numpy_helper

Case = tuple[onnx.ModelProto, dict[str, Array]]
AXES = range(3)
LONGEST = (16, 11, 12)
"""Of T, H and W."""
KERNELS = st.sampled_from([1, 1, 1, 2, 2, 3, 3, 3, 4, 5, 6, 7])
GROUPS = st.sampled_from([(1, 3, 5), (1, 5, 2), (1, 1, 4), (1, 6, 1), (2, 2, 3), (3, 2, 1), (2, 3, 2),
                          (4, 1, 1), (7, 1, 1), (3, 1, 2)])  # fmt: skip
"""Groups, input channels and output channels of each; the last three are depthwise."""


def triple(draw: st.DrawFn, values: st.SearchStrategy[int]) -> list[int]:
    return [draw(values) for _ in AXES]


def spans(kernel: list[int], dilations: list[int]) -> list[int]:
    return [d * (k - 1) + 1 for k, d in zip(kernel, dilations, strict=True)]


def distinct(draw: st.DrawFn, smallest: Iterable[int], taken: Iterable[int]) -> list[int]:
    """T, H and W, at least so large, none equal to another or to what is taken (1 excepted)."""
    sizes: list[int] = []
    for axis, least in enumerate(smallest):
        used = {*sizes, *taken} - {1}
        free = [n for n in range(max(1, least), max(LONGEST[axis], least + 2) + 1) if n not in used]
        sizes.append(draw(st.sampled_from(free)))
    return sizes


def fitting_pads(draw: st.DrawFn, span: list[int], most: Callable[[int], int]) -> tuple[list[int], list[int]]:
    """Pads before and behind; more where the span would not fit into the longest axis otherwise."""
    before = [draw(st.integers(0, most(axis))) for axis in AXES]
    after = [draw(st.integers(0, most(axis))) for axis in AXES]
    lacking = [max(0, span[i] - before[i] - after[i] - LONGEST[i] + 4) for i in AXES]
    return before, [after[i] + lacking[i] for i in AXES]


@st.composite
def convolutions(draw: st.DrawFn) -> Case:
    kernel, strides = triple(draw, KERNELS), triple(draw, st.integers(1, 3))
    dilations = triple(draw, st.sampled_from([1, 1, 2, 3]))
    span = spans(kernel, dilations)
    before, after = fitting_pads(draw, span, lambda axis: min(4, span[axis]))
    groups, inside, outside = draw(GROUPS)
    batch, channels = draw(st.integers(1, 2)), groups * inside
    least = [span[i] - before[i] - after[i] for i in AXES]
    sizes = distinct(draw, least, (batch, channels, groups * outside))
    w = Weights(draw(st.integers(0, 3)))
    weights = {"w": w(groups * outside, inside, *kernel)}
    if draw(st.booleans()):
        weights["b"] = w(groups * outside)
    return single(
        "Conv", (batch, channels, *sizes), weights, kernel_shape=kernel, strides=strides, dilations=dilations,
        pads=[*before, *after], group=groups,
    )  # fmt: skip


@st.composite
def transposed(draw: st.DrawFn) -> Case:
    kernel, strides = triple(draw, KERNELS), triple(draw, st.integers(1, 3))
    dilations = triple(draw, st.sampled_from([1, 1, 2, 3]))
    span = spans(kernel, dilations)
    extra = [draw(st.integers(0, max(strides[i], dilations[i]) - 1)) for i in AXES]
    groups, inside, outside = draw(GROUPS)
    batch, channels = draw(st.integers(1, 2)), groups * inside
    longest = [n // 2 for n in LONGEST]
    taken = {batch, channels, groups * outside} - {1}
    sizes: list[int] = []
    for n in longest:
        sizes.append(draw(st.sampled_from([s for s in range(1, n + 3) if s not in taken | {*sizes} - {1}])))
    # Something must be left of every axis: (size - 1) * stride + span + extra - pads >= 1.
    room = [(sizes[i] - 1) * strides[i] + span[i] + extra[i] - 1 for i in AXES]
    before = [draw(st.integers(0, min(span[i], room[i], 4))) for i in AXES]
    after = [draw(st.integers(0, min(span[i], room[i] - before[i], 4))) for i in AXES]
    w = Weights(draw(st.integers(0, 3)))
    weights = {"w": w(channels, outside, *kernel)}
    if draw(st.booleans()):
        weights["b"] = w(groups * outside)
    return single(
        "ConvTranspose", (batch, channels, *sizes), weights, kernel_shape=kernel, strides=strides,
        dilations=dilations, pads=[*before, *after], output_padding=extra, group=groups,
    )  # fmt: skip


def torch_transposed(made: onnx.ModelProto, feeds: Mapping[str, Array]) -> list[Array]:
    """What torch makes of it without pads; the pads then crop the result."""
    (operator,) = made.graph.node
    given = {a.name: helper.get_attribute_value(a) for a in operator.attribute}
    tensors = [torch.from_numpy(numpy_helper.to_array(t).copy()) for t in made.graph.initializer]
    whole = torch.nn.functional.conv_transpose3d(
        torch.from_numpy(feeds["x"]), *tensors, stride=given["strides"], dilation=given["dilations"],
        output_padding=given["output_padding"], groups=given["group"],
    )  # fmt: skip
    before, after = given["pads"][:3], given["pads"][3:]
    kept = (slice(before[i], whole.shape[2 + i] - after[i]) for i in AXES)
    return [whole[(..., *kept)].numpy()]


@st.composite
def pools(draw: st.DrawFn, op: str) -> Case:
    kernel, strides = triple(draw, KERNELS), triple(draw, st.integers(1, 3))
    dilations = triple(draw, st.sampled_from([1, 1, 1, 2, 3])) if op == "MaxPool" else [1, 1, 1]
    span = spans(kernel, dilations)
    before = [draw(st.integers(0, k - 1)) for k in kernel]
    after = [draw(st.integers(0, k - 1)) for k in kernel]
    batch, channels = draw(st.integers(1, 2)), draw(st.sampled_from([1, 3, 4, 5]))
    # Every window must hold something of the input, or its value is not defined.
    least = [span[i] - min(before[i], after[i]) for i in AXES]
    sizes = distinct(draw, least, (batch, channels))
    attributes: dict[str, Any] = {"ceil_mode": int(draw(st.booleans()))}
    attributes |= {"dilations": dilations} if op == "MaxPool" else {"count_include_pad": draw(st.integers(0, 1))}
    return single(op, (batch, channels, *sizes), kernel_shape=kernel, strides=strides, pads=[*before, *after],
                  **attributes)  # fmt: skip


GRID: dict[str, Callable[[], st.SearchStrategy[Case]]] = {
    "Conv": convolutions,
    "ConvTranspose": transposed,
    "MaxPool": lambda: pools("MaxPool"),
    "AveragePool": lambda: pools("AveragePool"),
}
