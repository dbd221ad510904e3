"""Transposed convolutions and linear resizes on strips: what U-Nets climb up with."""

from __future__ import annotations

from typing import Any

import pytest
from strip_cases import FRAMES, C, F, H, W, assert_same, both, frames, kinds
from test_strip_spatial import GEOMETRIES, conv
from tflite_graphs import Build, numbers

from edgeconv.core.backend import Window
from edgeconv.tflite import Rezero

THREE = conv(GEOMETRIES["3x3"], C, relu=True)


def up(kernel: tuple[int, int], stride: tuple[int, int], pad: tuple[int, int], extra: tuple[int, int]) -> Build:
    window = Window(kernel, stride, (1, 1), pad, pad)

    def build(b: Any, x: str) -> str:
        weight = numbers(b.graph.shape(x)[3], 3, *kernel)
        return str(b.conv_transpose2d(x, weight, numbers(3, seed=5), window, 1, extra))

    return build


UPS = {
    "2x2 stride 2": up((2, 2), (2, 2), (0, 0), (0, 0)),
    "3x3 stride 2, cropped": up((3, 3), (2, 2), (1, 1), (1, 1)),
    "4x4 stride 2, same": up((4, 4), (2, 2), (1, 1), (0, 0)),
    "3x3 stride 2, valid": up((3, 3), (2, 2), (0, 0), (0, 0)),
    "3x3 stride 1": up((3, 3), (1, 1), (1, 1), (0, 0)),
    "5x3 stride 2, 3": up((5, 3), (2, 3), (2, 0), (1, 2)),
    "2x2 stride 3": up((2, 2), (3, 3), (0, 0), (1, 0)),
    "7x4 stride 2": up((7, 4), (2, 2), (0, 1), (0, 0)),
}


@both
@pytest.mark.parametrize("name", UPS)
def test_a_transposed_convolution(name: str, rezero: Rezero) -> None:
    assert_same(frames(UPS[name], FRAMES), rezero)


@both
@pytest.mark.parametrize("name", UPS)
def test_it_reads_a_used_gap_and_leaves_one(name: str, rezero: Rezero) -> None:
    def build(b: Any, x: str) -> str:
        return str(THREE(b, UPS[name](b, THREE(b, x))))

    assert_same(frames(build, FRAMES), rezero)


def test_a_spread_that_fits_needs_no_gap() -> None:
    made = assert_same(frames(UPS["2x2 stride 2"], FRAMES), Rezero.CUT)
    assert made.shape(made.inputs[0]) == (1, F * H, W, C)
    assert kinds(made) == ["TRANSPOSE_CONV"]


def resized(height: int, width: int, coordinates: str) -> Build:
    def build(b: Any, x: str) -> str:
        return str(b.resize2d(x, (b.graph.shape(x)[0], height, width, b.graph.shape(x)[3]), coordinates))

    return build


TALL = {
    "half pixels": resized(2 * H, 2 * W, "half_pixel"),
    "asymmetric": resized(2 * H, 2 * W, "asymmetric"),
    "four times": resized(4 * H, 9, "half_pixel"),
    "columns only": resized(H, 2 * W, "half_pixel"),
    "columns with corners": resized(H, 11, "asymmetric"),
}
SINGLE = {
    "aligned corners": resized(2 * H, 2 * W, "align_corners"),
    "three times": resized(3 * H, W, "half_pixel"),
    "smaller": resized(H - 3, W - 2, "half_pixel"),
}


@both
@pytest.mark.parametrize("name", [*TALL, *SINGLE])
def test_a_linear_resize(name: str, rezero: Rezero) -> None:
    made = assert_same(frames((TALL | SINGLE)[name], FRAMES), rezero)
    assert kinds(made).count("RESIZE_BILINEAR") == (1 if name in TALL else F)


@both
@pytest.mark.parametrize("name", ["half pixels", "aligned corners", "columns only"])
def test_a_resize_between_convolutions(name: str, rezero: Rezero) -> None:
    def build(b: Any, x: str) -> str:
        return str(THREE(b, (TALL | SINGLE)[name](b, THREE(b, x))))

    assert_same(frames(build, FRAMES), rezero)


@both
def test_a_resize_of_frames(rezero: Rezero) -> None:
    """[1, T, H·W, C] to twice the frames: of batch 1 already."""

    def build(b: Any, x: str) -> str:
        y = b.resize2d(b.reshape(THREE(b, x), (1, F, H * W, C)), (1, 2 * F, H * W, C), "half_pixel")
        return str(THREE(b, b.reshape(y, (2 * F, H, W, C))))

    assert_same(frames(build, FRAMES), rezero)
