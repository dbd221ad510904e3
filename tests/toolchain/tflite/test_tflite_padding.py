"""Pads, strides and dilations of every shape against torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from tflite_graphs import Array, Build, built, draws, kinds, numbers, run
from torch.nn import functional as F

from edgeconv.core.backend import Window
from edgeconv.core.errors import Refused
from edgeconv.tflite.padding import same_pads


@st.composite
def windows(draw: st.DrawFn, *, dilated: bool = True, half: bool = False) -> tuple[tuple[int, ...], Window]:
    """A shape [N, H, W, C] and a window that fits it; with `half`, pads that reach no window whole."""

    def pair(low: int, high: int) -> tuple[int, int]:
        return draw(st.integers(low, high)), draw(st.integers(low, high))

    kernel, stride = pair(1, 4), pair(1, 3)
    dilation = pair(1, 3) if dilated else (1, 1)
    most = min(k - 1 for k in kernel) if half else 3
    window = Window(kernel, stride, dilation, pair(0, most), pair(0, most))
    size = pair(1, 9)
    assume(all(o >= 1 for o in window.out(size)))
    if half:
        assume(all(n + b >= k and n + a >= k for n, k, b, a in
                   zip(size, kernel, window.before, window.after, strict=True)))  # fmt: skip
    return (draw(st.integers(1, 3)), *size, draw(st.integers(1, 4))), window


def padded(x: Array, window: Window, fill: float = 0.0) -> torch.Tensor:
    (top, left), (bottom, right) = window.before, window.after
    return F.pad(torch.from_numpy(x.transpose(0, 3, 1, 2).copy()), (left, right, top, bottom), value=fill)


def check(build: Build, x: Array, expected: torch.Tensor) -> list[str]:
    graph = built(build, x.shape)
    meant = expected.numpy().transpose(0, 2, 3, 1)
    assert graph.shape(graph.outputs[0]) == meant.shape
    np.testing.assert_allclose(run(graph, x)[0], meant, rtol=1e-5, atol=1e-5)
    return kinds(graph)


@given(windows(), st.integers(1, 3))
@draws(120)
def test_conv(case: tuple[tuple[int, ...], Window], out: int) -> None:
    shape, window = case
    x, weight, bias = numbers(*shape), numbers(out, shape[3], *window.kernel, seed=1), numbers(out, seed=2)
    expected = F.conv2d(padded(x, window), torch.from_numpy(weight), torch.from_numpy(bias), window.stride,
                        dilation=window.dilation)  # fmt: skip
    made = check(lambda b, t: b.conv2d(t, weight, bias, window, 1), x, expected)
    assert made[-1] == "CONV_2D"


@given(windows(), st.integers(1, 2))
@draws(80)
def test_depthwise(case: tuple[tuple[int, ...], Window], times: int) -> None:
    shape, window = case
    assume(shape[3] > 1)
    x, weight = numbers(*shape), numbers(shape[3] * times, 1, *window.kernel, seed=1)
    expected = F.conv2d(padded(x, window), torch.from_numpy(weight), None, window.stride, dilation=window.dilation,
                        groups=shape[3])  # fmt: skip
    made = check(lambda b, t: b.conv2d(t, weight, None, window, shape[3]), x, expected)
    assert made[-1] == "DEPTHWISE_CONV_2D"


@given(windows(dilated=False, half=True))
@draws(80)
def test_max_pool(case: tuple[tuple[int, ...], Window]) -> None:
    shape, window = case
    x = numbers(*shape, low=-5, high=-1)  # a pad of 0 would win
    expected = F.max_pool2d(padded(x, window, -np.inf), window.kernel, window.stride)
    check(lambda b, t: b.max_pool2d(t, window), x, expected)


@given(windows(dilated=False))
@draws(80)
def test_average_pool_that_counts_its_pads(case: tuple[tuple[int, ...], Window]) -> None:
    shape, window = case
    x = numbers(*shape)
    expected = F.avg_pool2d(padded(x, window), window.kernel, window.stride)
    made = check(lambda b, t: b.average_pool2d(t, window, True), x, expected)
    assert "AVERAGE_POOL_2D" not in made


@given(windows(dilated=False, half=True))
@draws(80)
def test_average_pool_that_does_not_count_them(case: tuple[tuple[int, ...], Window]) -> None:
    shape, window = case
    x = numbers(*shape)
    total = F.avg_pool2d(padded(x, window), window.kernel, window.stride)
    share = F.avg_pool2d(padded(np.ones_like(x), window), window.kernel, window.stride)
    made = check(lambda b, t: b.average_pool2d(t, window, False), x, total / share)
    assert "AVERAGE_POOL_2D" not in made  # XNNPACK takes none in int8


@given(st.integers(1, 40), st.integers(1, 7), st.integers(1, 4), st.integers(1, 4))
@draws(200)
def test_same_is_what_tensorflow_says(size: int, kernel: int, stride: int, dilation: int) -> None:
    before, after = same_pads(size, kernel, stride, dilation)
    assert 0 <= after - before <= 1
    out = Window((kernel, 1), (stride, 1), (dilation, 1), (before, 0), (after, 0)).out((size, 1))[0]
    assert out == -(-size // stride)
    if after:  # the smallest that reaches
        assert Window((kernel, 1), (stride, 1), (dilation, 1), (before, 0), (after - 1, 0)).out((size, 1))[0] < out


@pytest.mark.parametrize(
    ("size", "window", "made"),
    [
        ((7, 5), Window((3, 3), (1, 1), (1, 1), (1, 1), (1, 1)), ["CONV_2D"]),
        ((7, 5), Window((3, 3), (1, 1), (2, 2), (2, 2), (2, 2)), ["CONV_2D"]),
        ((8, 8), Window((3, 3), (2, 2), (1, 1), (0, 0), (1, 1)), ["CONV_2D"]),
        ((8, 8), Window((3, 3), (2, 2), (1, 1), (0, 0), (0, 0)), ["CONV_2D"]),
        ((7, 7), Window((2, 2), (2, 2), (1, 1), (0, 0), (0, 0)), ["CONV_2D"]),
        ((8, 8), Window((3, 3), (2, 2), (1, 1), (1, 1), (1, 1)), ["PAD", "CONV_2D"]),
        ((8, 7), Window((3, 3), (2, 2), (1, 1), (0, 1), (1, 1)), ["CONV_2D"]),
        ((8, 8), Window((3, 1), (3, 1), (1, 1), (0, 0), (2, 0)), ["CONV_2D"]),
    ],
)
def test_a_pad_operator_only_where_same_does_not_say_it(size: tuple[int, int], window: Window, made: list[str]) -> None:
    graph = built(lambda b, x: b.conv2d(x, numbers(2, 3, *window.kernel), None, window, 1), (1, *size, 3))
    assert kinds(graph) == made


def test_a_trailing_pad_that_no_window_reads_is_cut() -> None:
    window = Window((2, 2), (3, 3), (1, 1), (1, 1), (2, 2))
    graph = built(lambda b, x: b.conv2d(x, numbers(2, 3, 2, 2), None, window, 1), (1, 7, 7, 3))
    assert kinds(graph) == ["PAD", "CONV_2D"]
    assert graph.shape(graph.ops[0].outputs[0]) == (1, 8, 8, 3)


@given(windows(half=True))
@draws(80)
def test_dilated_max_pool(case: tuple[tuple[int, ...], Window]) -> None:
    shape, window = case
    x = numbers(*shape, low=-5, high=-1)
    lowest = float(np.finfo(np.float32).min)
    assume(all(max(window.before[i], window.after[i]) <= window.dilation[i] * (window.kernel[i] - 1) for i in (0, 1)))
    expected = F.max_pool2d(padded(x, window, lowest), window.kernel, window.stride, dilation=window.dilation)
    check(lambda b, t: b.max_pool2d(t, window), x, expected)


@pytest.mark.parametrize("dilation", [(1, 1), (2, 3)])
def test_no_window_of_pads_alone(dilation: tuple[int, int]) -> None:
    window = Window((2, 2), (1, 1), dilation, (0, 0), (4, 4))
    with pytest.raises(Refused, match="not smaller than its window"):
        built(lambda b, x: b.max_pool2d(x, window), (1, 7, 7, 3))
    wide = Window((2, 2), (1, 1), (1, 1), (0, 2), (0, 0))
    with pytest.raises(Refused, match="nothing but pads"):
        built(lambda b, x: b.average_pool2d(x, wide, False), (1, 7, 7, 3))
    assert built(lambda b, x: b.average_pool2d(x, wide, True), (1, 7, 7, 3)).outputs


def test_a_maximum_is_padded_by_zeros_or_by_its_edge() -> None:
    window = Window((3, 3), (2, 2), (1, 1), (1, 1), (1, 1))
    shape = (1, 8, 8, 3)
    plain = built(lambda b, x: b.max_pool2d(x, window), shape)
    assert "PADV2" not in kinds(plain)
    assert kinds(plain)[-2:] == ["CONCATENATION", "MAX_POOL_2D"]
    behind = built(lambda b, x: b.max_pool2d(b.pad(b.unary("Relu", x, {}), [(0, 0), (1, 0), (0, 0), (0, 0)],
                                                   "constant", 0.0), window), shape)  # fmt: skip
    assert kinds(behind) == ["RELU", "PAD", "PAD", "MAX_POOL_2D"]
    lifted = built(lambda b, x: b.max_pool2d(b.binary("Sub", b.unary("Relu", x, {}), x), window), shape)
    assert "PAD" not in kinds(lifted)  # a difference may be negative
