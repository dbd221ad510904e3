"""Convolutions and pools on strips: every geometry, alone and one behind the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from strip_cases import FRAMES, C, F, H, W, assert_same, both, frames, kinds
from tflite_graphs import Build, numbers

from edgeconv.core.backend import Window
from edgeconv.tflite import Rezero


def conv(window: Window, out: int = 6, groups: int = 1, relu: bool = False) -> Build:
    def build(b: Any, x: str) -> str:
        channels = b.graph.shape(x)[3]
        weight = numbers(out, channels // groups, *window.kernel)
        made = b.conv2d(x, weight, numbers(out, seed=9), window, groups)
        return str(b.unary("Relu", made, {}) if relu else made)

    return build


GEOMETRIES = {
    "1x1": Window((1, 1)),
    "1x1 stride 2": Window((1, 1), (2, 2)),
    "3x3": Window((3, 3), (1, 1), (1, 1), (1, 1), (1, 1)),
    "3x3 stride 2": Window((3, 3), (2, 2), (1, 1), (1, 1), (1, 1)),
    "7x5 stride 3, 2": Window((7, 5), (3, 2), (1, 1), (3, 2), (3, 2)),
    "asymmetric pads": Window((3, 4), (1, 1), (1, 1), (2, 0), (0, 3)),
    "asymmetric stride 2": Window((3, 3), (2, 1), (1, 1), (0, 1), (1, 1)),
    "dilated": Window((3, 3), (1, 1), (2, 3), (2, 3), (2, 3)),
    "no pads": Window((3, 3)),
    "no pads, stride 2": Window((3, 3), (2, 2)),
    "wide window": Window((9, 3), (1, 1), (1, 1), (4, 1), (4, 1)),
    "rows left over": Window((2, 2), (3, 3)),
    "rows only": Window((3, 1), (1, 1), (1, 1), (1, 0), (1, 0)),
    "columns only": Window((1, 3), (1, 2), (1, 1), (0, 1), (0, 1)),
}


@both
@pytest.mark.parametrize("name", GEOMETRIES)
def test_a_convolution(name: str, rezero: Rezero) -> None:
    assert_same(frames(conv(GEOMETRIES[name]), FRAMES), rezero)


@both
@pytest.mark.parametrize("name", ["3x3", "3x3 stride 2", "asymmetric pads"])
@pytest.mark.parametrize(("out", "groups"), [(C, C), (2 * C, C), (6, 2)], ids=["depthwise", "multiplier", "grouped"])
def test_groups(name: str, out: int, groups: int, rezero: Rezero) -> None:
    assert_same(frames(conv(GEOMETRIES[name], out, groups), FRAMES), rezero)


@both
@pytest.mark.parametrize("first", ["3x3", "3x3 stride 2", "1x1", "7x5 stride 3, 2"])
@pytest.mark.parametrize("second", ["3x3", "3x3 stride 2", "1x1 stride 2", "dilated"])
def test_one_behind_the_other(first: str, second: str, rezero: Rezero) -> None:
    """The gap that the first one dirtied is clean for the second."""

    def build(b: Any, x: str) -> str:
        return str(conv(GEOMETRIES[second], 3)(b, conv(GEOMETRIES[first], relu=True)(b, x)))

    assert_same(frames(build, (F, 2 * H, 3 * W, C)), rezero)


POOLS = {
    "3x3 stride 2": Window((3, 3), (2, 2), (1, 1), (1, 1), (1, 1)),
    "3x3 stride 2, end only": Window((3, 3), (2, 2), (1, 1), (0, 0), (1, 1)),
    "2x2": Window((2, 2), (2, 2)),
    "3x3": Window((3, 3), (1, 1), (1, 1), (1, 1), (1, 1)),
    "columns": Window((1, 3), (1, 1), (1, 1), (0, 1), (0, 1)),
    "rows, stride 3": Window((4, 2), (3, 1), (1, 1), (2, 0), (1, 1)),
    "dilated": Window((2, 2), (1, 1), (2, 2), (1, 1), (1, 1)),
    "gaps": Window((1, 2), (2, 3)),
}


@both
@pytest.mark.parametrize("positive", [True, False], ids=["relu", "negative"])
@pytest.mark.parametrize("name", POOLS)
def test_a_max_pool(name: str, positive: bool, rezero: Rezero) -> None:
    """A gap of zeros is right behind a ReLU only; all inputs are negative where there is none."""

    def build(b: Any, x: str) -> str:
        made = conv(GEOMETRIES["3x3"], relu=True)(b, x) if positive else b.unary("Tanh", x, {})
        return str(b.max_pool2d(made, POOLS[name]))

    assert_same(frames(build, FRAMES), rezero)


@both
def test_a_max_pool_of_negative_values(rezero: Rezero) -> None:
    def build(b: Any, x: str) -> str:
        low = b.binary("Sub", x, b.constant(np.array([3.0], np.float32)))
        return str(b.max_pool2d(low, POOLS["3x3 stride 2"]))

    assert_same(frames(build, FRAMES), rezero)


@both
@pytest.mark.parametrize("counted", [True, False])
def test_an_average_pool(counted: bool, rezero: Rezero) -> None:
    def build(b: Any, x: str) -> str:
        return str(b.average_pool2d(x, POOLS["3x3 stride 2"], counted))

    assert_same(frames(build, FRAMES), rezero)


@both
def test_time_behind_space_leaves_the_gap(rezero: Rezero) -> None:
    """[F, H, W, C], then 3 taps over the frames, then space again: one input strip, no cut between."""

    def build(b: Any, x: str) -> str:
        made = conv(GEOMETRIES["3x3"], relu=True)(b, x)
        flat = b.reshape(made, (1, F, H * W, 6))
        timed = b.conv2d(flat, numbers(3, 6, 3, 1), None, Window((3, 1), (1, 1), (1, 1), (1, 0), (1, 0)), 1)
        return str(conv(GEOMETRIES["3x3"], 2)(b, b.reshape(timed, (F, H, W, 3))))

    made = assert_same(frames(build, FRAMES), rezero)
    assert kinds(made).count("STRIDED_SLICE") == (1 if rezero is Rezero.MASK else 2)


@both
def test_several_clips_in_time(rezero: Rezero) -> None:
    """N = 2 clips: [N, T, H·W, C] is a batch as well."""

    def build(b: Any, x: str) -> str:
        return str(conv(Window((3, 1), (2, 1), (1, 1), (1, 0), (1, 0)))(b, b.reshape(x, (2, 3, H * W, C))))

    assert_same(frames(build, (6, H, W, C)), rezero)


def test_a_mask_keeps_the_gap_through_strides() -> None:
    def build(b: Any, x: str) -> str:
        for name in ("3x3 stride 2", "3x3", "3x3 stride 2"):
            x = str(conv(GEOMETRIES[name], relu=True)(b, x))
        return x

    graph = frames(build, (F, 84, W, C))
    masked = assert_same(graph, Rezero.MASK)
    assert kinds(masked).count("MUL") == 2
    assert kinds(masked).count("STRIDED_SLICE") == 1
    assert kinds(assert_same(graph, Rezero.CUT)).count("STRIDED_SLICE") == 3
