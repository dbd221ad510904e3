"""Rows per frame: what the readers need, and what those behind them would like."""

from __future__ import annotations

from typing import Any

import pytest
from strip_cases import frames
from test_strip_spatial import GEOMETRIES, conv

from edgeconv.tflite import Rezero
from edgeconv.tflite.strip.builder import Strip
from edgeconv.tflite.strip.forms import pixels
from edgeconv.tflite.strip.pitch import wanted_pitch


def pitch(rezero: Rezero, height: int, *names: str) -> int:
    def build(b: Any, x: str) -> str:
        for name in names:
            x = str(conv(GEOMETRIES[name], 4, relu=True)(b, x))
        return x

    graph = frames(build, (3, height, 6, 4))
    sizes = {pixels(graph.shape(op.outputs[0])) for op in graph.ops}
    return wanted_pitch(Strip(graph, dict.fromkeys(sizes, rezero)), graph.inputs[0])


@pytest.mark.parametrize(
    ("names", "cut", "mask"),
    [
        (("1x1",), 40, 40),
        (("3x3",), 41, 41),
        (("3x3 stride 2",), 42, 42),
        (("3x3 stride 2", "3x3"), 42, 42),
        (("1x1", "3x3"), 40, 41),
        (("1x1 stride 2", "3x3 stride 2"), 40, 40),
    ],
    ids=str,
)
def test_what_is_needed_now_and_what_a_mask_keeps(names: tuple[str, ...], cut: int, mask: int) -> None:
    """What lies behind an operator that soils the gap counts where masks keep it, within the tolerance."""
    assert (pitch(Rezero.CUT, 40, *names), pitch(Rezero.MASK, 40, *names)) == (cut, mask)


def test_a_chain_of_strides() -> None:
    """224 rows become 232, then 116, 58, 29, as long as 5 % more rows allow it."""
    names = ("3x3 stride 2", "3x3 stride 2", "3x3 stride 2", "3x3")
    assert pitch(Rezero.MASK, 224, *names) == 232
    assert pitch(Rezero.CUT, 224, *names) == 226
    assert pitch(Rezero.MASK, 64, *names) == 66


def test_what_is_needed_now_is_never_outvoted() -> None:
    """Wishes of those behind are beyond the tolerance of a small frame."""

    def build(b: Any, x: str) -> list[str]:
        one = conv(GEOMETRIES["1x1"], 4, relu=True)(b, x)
        return [str(conv(GEOMETRIES["3x3"], 2)(b, str(one))), str(conv(GEOMETRIES["3x3"], 3)(b, x))]

    graph = frames(build, (3, 16, 6, 4))
    assert wanted_pitch(Strip(graph, {96: Rezero.MASK}), graph.inputs[0]) == 17
