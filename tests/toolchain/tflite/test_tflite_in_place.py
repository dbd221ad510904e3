"""TFLite's kernels write over tensors that are still read, unless the graph is guarded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tflite_graphs import Array, Lab, draws, interpreter, kinds, numbers, quantized_graph, run

from edgeconv.tflite import Graph, TfliteBackend, write
from edgeconv.tflite.in_place import guard_in_place

SHAPES = ((2, 6), (3, 4), (2, 2, 3), (12,))
"""Views of each other."""


def chain(b: Any, x: str) -> tuple[str, str]:
    """x - y, a view of it that is scaled, and another reader of it."""
    difference = b.binary("Sub", x, b.constant(numbers(*SHAPES[0], seed=5)))
    scaled = b.binary("Mul", b.reshape(difference, SHAPES[1]), b.constant(numbers(4, seed=6)))
    again = b.binary("Add", difference, b.constant(numbers(6, seed=7)))
    return b.reduce("ReduceMax", scaled, [1]), b.reduce("ReduceMax", again, [1])


def graph_of(build: Any) -> Graph:
    """Not optimized."""
    backend = TfliteBackend()
    for i, tensor in enumerate(build(backend, backend.reshape(backend.input("x", (4, 3), "float32"), SHAPES[0]))):
        backend.output(f"y{i}", tensor, backend.graph.shape(tensor))
    return backend.graph


def truth(graph: Graph, *inputs: Array) -> list[Array]:
    """With a place of its own for every tensor."""
    made = interpreter(write(graph, "case"), keep=True)
    for detail, array in zip(made.get_input_details(), inputs, strict=True):
        made.set_tensor(detail["index"], array)
    made.invoke()
    return [made.get_tensor(d["index"]) for d in made.get_output_details()]


def assert_same(got: Sequence[Array], meant: Sequence[Array]) -> None:
    for a, b in zip(got, meant, strict=True):
        np.testing.assert_array_equal(a, b)


X = numbers(4, 3, seed=1)


def test_the_kernels_really_overwrite() -> None:
    """Should this fail with a newer LiteRT, the guard has one reason less."""
    graph = graph_of(chain)
    assert not np.array_equal(run(graph, X)[1], truth(graph, X)[1])


def test_a_guarded_chain_holds() -> None:
    graph = graph_of(chain)
    meant, before = truth(graph, X), kinds(graph)
    guard_in_place(graph)
    assert_same(run(graph, X), meant)
    assert_same(run(graph, X, delegate=True), meant)
    assert sorted(kinds(graph)) == sorted([*before, "RESHAPE"])
    once = list(graph.ops)
    guard_in_place(graph)
    assert graph.ops == once


def test_a_guarded_chain_holds_in_tflite_runtime(tmp_path: Path) -> None:
    graph = graph_of(lambda b, x: chain(b, x)[::-1])
    meant = truth(graph, X)
    with Lab(tmp_path) as lab:
        assert not np.array_equal(lab.run(graph, X), meant[0])
        guard_in_place(graph)
        np.testing.assert_allclose(lab.run(graph, X), meant[0], atol=1e-6)


def test_a_guarded_chain_holds_in_int8() -> None:
    graph = graph_of(chain)
    guard_in_place(graph)
    whole = quantized_graph(graph, X)
    steps = np.random.default_rng(3).integers(-128, 128, (4, 3)).astype(np.int8)
    assert_same(run(whole, steps), truth(whole, steps))


@st.composite
def programs(draw: st.DrawFn) -> list[tuple[str, int, int, bool]]:
    """(operator, how far back it reads, choice, whether its result is an output too): chains that share memory."""
    kinds = st.sampled_from(["Sub", "Mul", "Add", "view", "view", "both"])
    back = st.sampled_from([1, 1, 1, 2, 3])
    return draw(st.lists(st.tuples(kinds, back, st.integers(0, 3), st.sampled_from([False, False, True])), min_size=3))


def built(program: Sequence[tuple[str, int, int, bool]]) -> Graph:
    def build(b: Any, x: str) -> list[str]:
        made, outputs = [b.binary("Mul", x, b.constant(numbers(6)))], []
        for op, back, choice, also in program:
            tensor = made[-min(back, len(made))]
            shape = b.graph.shape(tensor)
            if op == "view":
                made.append(b.reshape(tensor, SHAPES[choice]))
            elif op == "both":
                other = next(m for m in made[::-1] if b.graph.shape(m) == shape)
                made.append(b.binary("Add", other, tensor))
            else:
                made.append(b.binary(op, tensor, b.constant(numbers(shape[-1], seed=choice))))
            outputs += made[-1:] if also else []
        return [b.unary("Relu", m, {}) for m in dict.fromkeys([*outputs, made[-1]])]

    return graph_of(build)


@draws(80)
@given(programs())
def test_every_guarded_graph_holds(program: list[tuple[str, int, int, bool]]) -> None:
    graph = built(program)
    meant = truth(graph, X)
    guard_in_place(graph)
    assert_same(run(graph, X), meant)
