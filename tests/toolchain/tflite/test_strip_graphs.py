"""Random small frames graphs: their strips say the same bit for bit in int8, from int8 and from uint8 inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strip_cases import fed, frames
from tflite_graphs import draws, numbers, quantized_graph, run

from edgeconv.core.backend import Window
from edgeconv.tflite import Recipe, Rezero, to_strip

C = 4
Step = tuple[Any, ...]


def steps() -> st.SearchStrategy[Step]:
    small, pads = st.integers(1, 3), st.integers(0, 1)
    return st.one_of(
        st.tuples(st.just("conv"), small, small, st.integers(1, 2), pads, pads),
        st.tuples(st.just("depthwise"), small, small, st.integers(1, 2), pads, pads),
        st.tuples(st.just("pool"), st.just(2), st.just(2), st.integers(1, 2), pads, pads),
        st.tuples(st.just("time"), st.integers(2, 3)),
        st.tuples(st.sampled_from(["pad", "cut rows", "cut frames", "join", "gate", "residual", "swish"])),
        st.tuples(st.just("up"), st.sampled_from(["transposed", "half_pixel", "align_corners"])),
    )


def applied(b: Any, x: str, step: Step, seed: int) -> str:
    """The step on [F, H, W, C], or x itself where there is no room for it."""
    f, h, w, _ = b.graph.shape(x)
    kind, *how = step
    if kind in ("conv", "depthwise", "pool"):
        kh, kw, stride, before, after = how
        pads = (min(before, kh - 1), min(before, kw - 1)), (min(after, kh - 1), min(after, kw - 1))
        window = Window((kh, kw), (stride, stride), (1, 1), *pads)
        if min(window.out((h, w))) < 1:
            return x
        if kind == "pool":
            return str(b.max_pool2d(x, window))
        groups = C if kind == "depthwise" else 1
        made = b.conv2d(x, numbers(C, C // groups, kh, kw, seed=seed), numbers(C, seed=seed), window, groups)
        return str(b.unary("Relu", made, {}) if seed % 2 else made)
    if kind == "time":
        window = Window((how[0], 1), (1, 1), (1, 1), (how[0] - 1, 0), (0, 0))
        made = b.conv2d(b.reshape(x, (1, f, h * w, C)), numbers(C, C, how[0], 1, seed=seed), None, window, 1)
        return str(b.reshape(made, (f, h, w, C)))
    if kind == "up":
        if max(h, w) > 12:
            return x
        if how[0] == "transposed":
            window = Window((3, 3), (2, 2), (1, 1), (1, 1), (1, 1))
            return str(b.conv_transpose2d(x, numbers(C, C, 3, 3, seed=seed), None, window, 1, (1, 1)))
        return str(b.resize2d(x, (f, 2 * h, 2 * w, C), how[0]))
    if kind == "pad":
        return str(b.pad(x, [(1, 0), (0, 1), (2, 0), (0, 0)], "constant", 0.0)) if f < 7 else x
    if kind == "cut rows":
        return str(b.slice(x, (0, 1, 0, 0), (f, h - 1, w, C))) if h > 3 else x
    if kind == "cut frames":
        return str(b.slice(x, (1, 0, 0, 0), (f - 1, h, w, C))) if f > 2 else x
    if kind == "join":
        return str(b.concat([x, b.unary("Tanh", x, {})], 0)) if f < 5 else x
    if kind == "gate":
        return str(b.binary("Mul", x, b.unary("Sigmoid", b.reduce("ReduceMean", x, (1, 2)), {})))
    if kind == "swish":
        return str(b.binary("Mul", x, b.unary("Sigmoid", x, {})))
    window = Window((3, 3), (1, 1), (1, 1), (1, 1), (1, 1))
    return str(b.binary("Add", x, b.conv2d(x, numbers(C, C, 3, 3, seed=seed), None, window, 1)))


def assert_equal_strips(shape: tuple[int, int, int], chain: list[Step], dtype: str) -> None:
    def build(b: Any, x: str) -> str:
        for seed, step in enumerate(chain):
            x = applied(b, x, step, seed)
        return str(b.unary("Tanh", x, {}))

    graph = frames(build, (*shape, C))
    array = numbers(*shape, C)
    int8 = quantized_graph(graph, array, recipe=Recipe(input_dtype=dtype))
    quant = int8.tensors[int8.inputs[0]].quant
    assert quant is not None
    info = np.iinfo(dtype)
    pixels = np.clip(np.round(array / quant.scales[0]) + quant.zero_points[0], info.min, info.max).astype(dtype)
    wanted = run(int8, pixels)[0].reshape(-1)
    for rezero in Rezero:
        made = to_strip(int8, rezero)
        got = run(made.graph, *fed(made, int8, [pixels], [quant.zero_points[0]]))[0].reshape(-1)
        assert np.array_equal(wanted, got), rezero


CHAINS = st.lists(steps(), min_size=2, max_size=6)
SHAPES = st.tuples(st.integers(2, 5), st.integers(5, 9), st.integers(4, 8))
DTYPES = st.sampled_from(["int8", "uint8"])


@given(SHAPES, CHAINS, DTYPES)
@draws(40)
def test_strips_are_frames(shape: tuple[int, int, int], chain: list[Step], dtype: str) -> None:
    assert_equal_strips(shape, chain, dtype)


@pytest.mark.nightly
@given(SHAPES, CHAINS, DTYPES)
@draws(600)
def test_many_strips_are_frames(shape: tuple[int, int, int], chain: list[Step], dtype: str) -> None:
    assert_equal_strips(shape, chain, dtype)
