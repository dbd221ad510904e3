"""Networks of frames and of time, and a backbone and a head run one after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from strip_cases import FRAMES, C, F, H, W, frames
from test_strip_spatial import GEOMETRIES, conv
from tflite_graphs import Array, Build, numbers, quantized_graph, run

from edgeconv.tflite import Graph, Parts, Recipe, split

THREE, ONE = conv(GEOMETRIES["3x3"], C, relu=True), GEOMETRIES["1x1"]
Layer = Callable[[Any, str], str]


def each_frame_alone() -> dict[str, Build]:
    return {
        "convolution": THREE,
        "strided": conv(GEOMETRIES["3x3 stride 2"], C),
        "depthwise": lambda b, x: b.conv2d(x, numbers(C, 1, 3, 3), None, GEOMETRIES["3x3"], C),
        "transposed": lambda b, x: b.conv_transpose2d(
            x, numbers(C, 3, 3, 3), None, GEOMETRIES["3x3 stride 2"], 1, (0, 0)
        ),
        "pool": lambda b, x: b.max_pool2d(x, GEOMETRIES["3x3 stride 2"]),
        "resize": lambda b, x: b.resize2d(x, (F, 2 * H, 2 * W, C), "half_pixel"),
        "residual": lambda b, x: b.unary("Relu", b.binary("Add", THREE(b, x), x), {}),
        "swish": lambda b, x: b.binary("Mul", x, b.unary("Sigmoid", x, {})),
        "per channel": lambda b, x: b.binary("Add", x, b.constant(numbers(1, 1, 1, C))),
        "per row": lambda b, x: b.binary("Mul", x, b.constant(numbers(H, 1, 1))),
        "rows padded": lambda b, x: b.pad(x, [(0, 0), (1, 2), (0, 1), (0, 0)], "constant", 0.0),
        "rows reflected": lambda b, x: b.pad(x, [(0, 0), (1, 2), (0, 1), (0, 0)], "reflect", 0.0),
        "rows cut": lambda b, x: b.slice(x, (0, 2, 1, 0), (F, 6, 5, C)),
        "channels joined": lambda b, x: b.concat([x, THREE(b, x)], 3),
        "row means": lambda b, x: b.reduce("ReduceMean", x, (2,)),
        "squeeze": lambda b, x: b.binary("Mul", x, b.unary("Sigmoid", b.reduce("ReduceMean", x, (1, 2)), {})),
        "flat": lambda b, x: b.reshape(x, (F, H * W, C)),
        "dense": lambda b, x: b.dense(b.reshape(x, (F, H * W * C)), numbers(H * W * C, 5), numbers(5)),
        "softmax": lambda b, x: b.softmax(x),
    }


def frames_mixed() -> dict[str, Build]:
    return {
        "per frame": lambda b, x: b.binary("Mul", x, b.constant(numbers(F, 1, 1, 1))),
        "joined with a map": lambda b, x: b.concat([x, b.constant(numbers(F, H, W, 2))], 3),
        "frames cut": lambda b, x: b.slice(x, (1, 0, 0, 0), (3, H, W, C)),
        "frames padded": lambda b, x: b.pad(x, [(1, 0), (0, 0), (0, 0), (0, 0)], "constant", 0.0),
        "frames joined": lambda b, x: b.concat([x, x], 0),
        "mean of frames": lambda b, x: b.reduce("ReduceMean", x, (0, 1)),
        "time as rows": lambda b, x: b.max_pool2d(b.reshape(x, (1, F, H * W, C)), GEOMETRIES["3x3"]),
        "frames backwards": lambda b, x: b.concat([b.slice(x, (i, 0, 0, 0), (1, H, W, C)) for i in range(F)[::-1]], 0),
    }


def over_time(b: Any, x: str) -> str:
    """Weighted sums of neighbouring frames, whatever their shape is."""
    shape = b.graph.shape(x)
    rest = int(np.prod(shape[1:]))
    padded = b.pad(b.reshape(x, (1, F, rest, 1)), [(0, 0), (1, 1), (0, 0), (0, 0)], "constant", 0.0)
    taps = [b.reshape(b.slice(padded, (0, i, 0, 0), (1, F, rest, 1)), (1, F, rest, 1)) for i in range(3)]
    return str(b.conv2d(b.concat(taps, 3), numbers(2, 3, 1, 1), numbers(2), ONE, 1))


def network(*layers: Build) -> Graph:
    """A convolution per frame, the layers, then time."""

    def build(b: Any, x: str) -> str:
        made = THREE(b, x)
        for layer in layers:
            made = layer(b, str(made))
        return over_time(b, str(made)) if b.graph.shape(made)[0] == F else str(made)

    return frames(build, FRAMES)


def int8_of(graph: Graph, recipe: Recipe | None = None) -> tuple[Graph, Array]:
    clip = numbers(*FRAMES)
    made = quantized_graph(graph, clip, recipe=recipe)
    quant = made.tensors[made.inputs[0]].quant
    assert quant is not None
    return made, np.clip(np.round(clip / quant.scales[0]) + quant.zero_points[0], -128, 127).astype(np.int8)


def one_after_the_other(parts: Parts, clip: Array) -> list[Array]:
    features = [run(parts.backbone, frame[None])[0] for frame in clip]
    return run(parts.head, np.concatenate(features).reshape(parts.head.shape(parts.head.inputs[0])))


def assert_parts_equal_the_whole(graph: Graph) -> Parts:
    """In float to 1e-5 of the scale, in int8 to the last bit. Returns the parts of the float graph."""
    clip = numbers(*FRAMES)
    parts = split(graph)
    for whole, chained in zip(run(graph, clip), one_after_the_other(parts, clip), strict=True):
        assert np.abs(whole).max() > 0
        assert np.abs(whole - chained).max() <= 1e-5 * np.abs(whole).max()
    int8, steps = int8_of(graph)
    for whole, chained in zip(run(int8, steps), one_after_the_other(split(int8), steps), strict=True):
        assert np.unique(whole).size > 1
        assert (whole == chained).all()
    return parts
