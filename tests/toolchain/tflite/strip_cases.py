"""A frames graph, its strip forms, and how the two are compared."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from tflite_graphs import Array, Build, built, numbers, quantized_graph, run

from edgeconv.tflite import Graph, Rezero, Stripped, optimize, to_strip

both = pytest.mark.parametrize("rezero", list(Rezero))
F, H, W, C = 5, 10, 7, 4
FRAMES = (F, H, W, C)


def frames(build: Build, *shapes: Sequence[int]) -> Graph:
    graph = built(build, *shapes)
    optimize(graph)
    return graph


def fed(made: Stripped, graph: Graph, arrays: Sequence[Array], zeros: Sequence[int]) -> list[Array]:
    """The inputs as the strip graph takes them."""
    laid = []
    for name, array, zero in zip(graph.inputs, arrays, zeros, strict=True):
        form = made.inputs[graph.ports[name]]
        rows = np.pad(array.reshape(form.frames, -1), [(0, 0), (0, form.tail)], constant_values=zero)
        laid.append(rows.reshape(made.graph.shape(name)))
    return laid


def assert_same(graph: Graph, rezero: Rezero) -> Graph:
    """Equal in float32 to 1e-5 of the scale and in int8 bit for bit; batch 1 everywhere. Returns the strip graph."""
    arrays = [numbers(*graph.shape(n), seed=i) for i, n in enumerate(graph.inputs)]
    made = to_strip(graph, rezero)
    for tensor in made.graph.tensors.values():
        if tensor.data is None:
            assert math.prod(tensor.shape[:-3]) == 1, tensor
            assert len(tensor.shape) <= 4, tensor
    for wanted, got in zip(
        run(graph, *arrays), run(made.graph, *fed(made, graph, arrays, [0] * len(arrays))), strict=True
    ):
        assert np.abs(wanted).max() > 0
        assert np.abs(wanted.reshape(-1) - got.reshape(-1)).max() <= 1e-5 * np.abs(wanted).max()
    int8 = quantized_graph(graph, *arrays)
    quants = [q for n in int8.inputs if (q := int8.tensors[n].quant) is not None]
    steps = [
        np.clip(np.round(a / q.scales[0]) + q.zero_points[0], -128, 127).astype(np.int8)
        for a, q in zip(arrays, quants, strict=True)
    ]
    folded = to_strip(int8, rezero)
    fed_steps = fed(folded, int8, steps, [q.zero_points[0] for q in quants])
    for wanted, got in zip(run(int8, *steps), run(folded.graph, *fed_steps), strict=True):
        assert np.unique(wanted).size > 1
        assert np.array_equal(wanted.reshape(-1), got.reshape(-1))
    return made.graph


def kinds(graph: Graph) -> list[str]:
    return [op.kind for op in graph.ops]
