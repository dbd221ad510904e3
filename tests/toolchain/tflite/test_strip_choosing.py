"""Which gaps are masked is decided by what whole graphs cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from strip_cases import frames, kinds
from test_strip_spatial import GEOMETRIES, conv
from tflite_graphs import Build, numbers

from edgeconv.core.backend import Window
from edgeconv.tflite import Graph, Rezero, to_strip
from edgeconv.tflite.strip.choosing import cheapest, cost

THREE = conv(GEOMETRIES["3x3"], 4, relu=True)
SHAPE = (5, 40, 7, 4)


def strips(build: Build, shape: tuple[int, ...] = SHAPE) -> dict[Rezero, Graph]:
    graph = frames(build, shape)
    return {way: to_strip(graph, way).graph for way in Rezero}


def gated(b: Any, x: str) -> str:
    """Every block needs its frames without gaps, for the mean, and with, for the next window."""
    for _ in range(2):
        x = str(THREE(b, x))
        x = b.binary("Mul", x, b.unary("Sigmoid", b.reduce("ReduceMean", x, (1, 2)), {}))
    return str(THREE(b, x))


def parallel(b: Any, x: str) -> str:
    """Windows over space and over time side by side: sums on gapped frames, which a cut must take apart."""
    x = str(conv(GEOMETRIES["3x3 stride 2"], 4, relu=True)(b, x))
    frames, height, width, channels = b.graph.shape(x)
    time = Window((3, 1), (1, 1), (1, 1), (1, 0), (1, 0))
    for _ in range(3):
        spaced = THREE(b, x)
        flat = b.reshape(x, (1, frames, height * width, channels))
        timed = b.reshape(b.conv2d(flat, numbers(4, 4, 3, 1), None, time, 1), (frames, height, width, channels))
        x = b.binary("Add", spaced, timed)
    return x


def test_auto_costs_no_more_than_either() -> None:
    for build in (gated, parallel):
        made = strips(build)
        costs = {way: cost(graph) for way, graph in made.items()}
        assert costs[Rezero.AUTO] <= min(costs[Rezero.CUT], costs[Rezero.MASK])
        assert costs[Rezero.CUT] != costs[Rezero.MASK]


def test_it_takes_the_masks_where_they_save_passes() -> None:
    made = strips(parallel)
    assert kinds(made[Rezero.AUTO]) == kinds(made[Rezero.MASK]) != kinds(made[Rezero.CUT])


def test_a_mixture_must_be_worth_it() -> None:
    """Costs of a graph of two sizes: masking the second alone is best, by half or by half a percent."""

    def fold(choice: Mapping[int, Rezero]) -> tuple[bool, ...]:
        return tuple(choice[size] is Rezero.MASK for size in (9, 4))

    def priced(alone: int) -> dict[tuple[bool, ...], Graph]:
        costs = {(False, False): 1000, (True, True): 1200, (False, True): alone, (True, False): 2000}
        return {way: _passes(count) for way, count in costs.items()}

    assert cheapest(fold, priced(500).__getitem__, (9, 4)) == (False, True)
    assert cheapest(fold, priced(996).__getitem__, (9, 4)) == (False, False)


def _passes(count: int) -> Graph:
    """A sum of so many pairs of numbers."""
    return frames(lambda b, x, y: b.binary("Add", x, y), (count,), (count,))


def test_what_costs() -> None:
    """Elements in and out; a cut only where more than a pad reads it; arithmetic where it takes longer."""
    elements = 5 * 40 * 7 * 4
    assert cost(frames(lambda b, x: b.unary("Tanh", x, {}), SHAPE)) == 2 * elements
    assert cost(frames(lambda b, x: b.reshape(x, (5, 280, 4)), SHAPE)) == 0

    def cut(b: Any, x: str) -> str:
        return str(b.slice(x, (0, 0, 0, 0), (5, 39, 7, 4)))

    def repadded(b: Any, x: str) -> str:
        return str(b.pad(cut(b, x), [(0, 0), (0, 1), (0, 0), (0, 0)], "constant", 0.0))

    short = elements * 39 // 40
    assert cost(frames(cut, SHAPE)) == 2 * short
    assert cost(frames(repadded, SHAPE)) == short + elements
    wide = frames(lambda b, x: b.conv2d(x, numbers(64, 4, 7, 7), None, Window((7, 7)), 1), SHAPE)
    assert cost(wide) == 5 * 34 * 64 * 4 * 49 / 64


def test_the_mask_lies_in_ram_once() -> None:
    """Vela fetches a constant from flash for every column of a product."""
    made = strips(parallel)[Rezero.MASK]
    products = [op for op in made.ops if op.kind == "MUL"]
    masks = {op.inputs[1] for op in products}
    assert len(products) > len(masks) == 1
    assert made.tensors[masks.pop()].data is None


def test_an_input_takes_the_tail_that_is_given() -> None:
    graph = frames(parallel, SHAPE)
    row = SHAPE[2] * SHAPE[3]
    assert to_strip(graph).inputs["x0"].tail == 2 * row
    given = to_strip(graph, tails={"x0": 6 * row})
    assert given.inputs["x0"].tail == 6 * row
    assert given.graph.shape(given.graph.inputs[0]) == (1, 5 * 46, 7, 4)
