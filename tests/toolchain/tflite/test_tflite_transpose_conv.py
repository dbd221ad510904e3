"""Transposed convolutions of every geometry against torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from tflite_graphs import built, draws, interpreter, kinds, numbers, run
from torch.nn import functional as F

from edgeconv.core.backend import Window
from edgeconv.core.errors import Refused
from edgeconv.tflite import Graph, write

Case = tuple[tuple[int, ...], int, Window, tuple[int, int]]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Shape [N, H, W, C], output channels, window, extra rows."""

    def pair(low: int, high: int) -> tuple[int, int]:
        return draw(st.integers(low, high)), draw(st.integers(low, high))

    kernel, stride, dilation, size = pair(1, 4), pair(1, 3), pair(1, 2), pair(1, 6)
    before, after = pair(0, 3), pair(0, 3)
    extra = pair(0, 4)
    window = Window(kernel, stride, dilation, before, after)
    assume(min(out(window, size, extra)) >= 1)
    shape = (draw(st.integers(1, 2)), *size, draw(st.integers(1, 3)))
    return shape, draw(st.integers(1, 3)), window, extra


def out(w: Window, size: tuple[int, ...], extra: tuple[int, int]) -> list[int]:
    return [
        (size[i] - 1) * w.stride[i] + w.dilation[i] * (w.kernel[i] - 1) + 1 - w.before[i] - w.after[i] + extra[i]
        for i in (0, 1)
    ]


def up(shape: tuple[int, ...], channels: int, window: Window, extra: tuple[int, int], bias: bool = True) -> Graph:
    weight = numbers(shape[3], channels, *window.kernel, seed=1)
    given_bias = numbers(channels, seed=2) if bias else None
    return built(lambda b, x: b.conv_transpose2d(x, weight, given_bias, window, 1, extra), shape)


def check(shape: tuple[int, ...], channels: int, window: Window, extra: tuple[int, int], bias: bool = True) -> Graph:
    """Torch without pads, cropped by hand; the bias where no window reaches."""
    graph, x = up(shape, channels, window, extra, bias), numbers(*shape)
    weight = torch.from_numpy(numbers(shape[3], channels, *window.kernel, seed=1))
    whole = F.conv_transpose2d(torch.from_numpy(x.transpose(0, 3, 1, 2).copy()), weight, None, window.stride,
                               dilation=window.dilation).numpy().transpose(0, 2, 3, 1)  # fmt: skip
    size = out(window, shape[1:3], extra)
    whole = np.pad(whole, [(0, 0), (0, 9), (0, 9), (0, 0)])
    meant = whole[:, window.before[0] :, window.before[1] :][:, : size[0], : size[1]]
    if bias:
        meant = meant + numbers(channels, seed=2)
    got = run(graph, x)[0]
    assert got.shape == meant.shape
    np.testing.assert_allclose(got, meant, atol=1e-5)
    np.testing.assert_allclose(run(graph, x, delegate=True)[0], meant, atol=1e-5)
    plan = [d["op_name"] for d in interpreter(write(graph, "case"), delegate=True)._get_ops_details()]
    assert plan.count("DELEGATE") == 1
    return graph


@given(cases())
@draws(100)
def test_any_geometry(case: Case) -> None:
    check(*case)


@pytest.mark.parametrize(
    ("window", "extra", "made"),
    [
        (Window((2, 2), (2, 2)), (0, 0), ["TRANSPOSE_CONV"]),
        (Window((4, 4), (2, 2), (1, 1), (1, 1), (1, 1)), (0, 0), ["TRANSPOSE_CONV"]),  # SAME
        (Window((3, 3), (2, 2), (1, 1), (1, 1), (1, 1)), (1, 1), ["TRANSPOSE_CONV", "STRIDED_SLICE"]),
        (Window((3, 3), (2, 2), (1, 1), (0, 0), (1, 1)), (0, 0), ["TRANSPOSE_CONV"]),
        (Window((2, 2), (3, 3)), (2, 1), ["TRANSPOSE_CONV"]),  # extra rows below the stride are part of VALID
        (Window((2, 2), (2, 2)), (2, 0), ["PAD", "TRANSPOSE_CONV"]),
        (Window((2, 2), (2, 2)), (3, 0), ["PAD", "TRANSPOSE_CONV"]),
        (Window((2, 2), (2, 2), (1, 1), (1, 0), (0, 0)), (3, 0), ["PAD", "TRANSPOSE_CONV", "STRIDED_SLICE"]),
        (Window((2, 1), (1, 2), (2, 1), (1, 0), (1, 0)), (0, 0), ["TRANSPOSE_CONV", "STRIDED_SLICE"]),
    ],
)
def test_crops_only_where_no_padding_says_it(window: Window, extra: tuple[int, int], made: list[str]) -> None:
    assert kinds(check((2, 5, 4, 3), 2, window, extra)) == made


def test_without_a_bias() -> None:
    check((1, 3, 4, 2), 3, Window((3, 2), (2, 1)), (0, 0), bias=False)


def test_groups_are_left_to_the_rule() -> None:
    with pytest.raises(Refused, match="2 groups"):
        built(lambda b, x: b.conv_transpose2d(x, numbers(4, 1, 2, 2), None, Window((2, 2)), 2, (0, 0)), (1, 3, 3, 4))
