"""Everything but windows on strips: sums, products, cuts, pads, joins, means, dense layers; and refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from strip_cases import FRAMES, C, F, H, W, assert_same, both, frames, kinds
from test_strip_spatial import GEOMETRIES, conv
from tflite_graphs import Build, numbers

from edgeconv.core.errors import ModelError
from edgeconv.tflite import Rezero, to_strip

THREE = conv(GEOMETRIES["3x3"], C, relu=True)


def gapped(build: Build) -> Build:
    """On a tensor with a dirty gap, and read by an operator that needs a clean one."""
    return lambda b, x: THREE(b, build(b, THREE(b, x)))


def residual(b: Any, x: str) -> str:
    return str(b.unary("Relu", b.binary("Add", THREE(b, x), x), {}))


def gate(b: Any, x: str) -> str:
    """Squeeze and excite, frame by frame."""
    mean = b.reduce("ReduceMean", x, (1, 2))
    return str(b.binary("Mul", x, b.unary("Sigmoid", b.conv2d(mean, numbers(C, C, 1, 1), None, ONE, 1), {})))


def clip_gate(b: Any, x: str) -> str:
    """The same over the whole clip."""
    mean = b.reduce("ReduceMean", b.reshape(x, (1, F, H * W, C)), (1, 2))
    return str(b.binary("Mul", x, b.unary("Sigmoid", b.reshape(mean, (1, 1, 1, C)), {})))


def taps(b: Any, x: str) -> str:
    padded = b.pad(x, [(1, 1), (0, 0), (0, 0), (0, 0)], "constant", 0.0)
    return str(b.concat([b.slice(padded, (i, 0, 0, 0), (F, H, W, C)) for i in range(3)], 3))


def every_second(b: Any, x: str) -> str:
    padded = b.pad(x, [(0, 1), (0, 0), (0, 0), (0, 0)], "constant", 0.0)
    pairs = b.reshape(padded, (1, 3, 2 * H * W, C))
    return str(b.reshape(b.slice(pairs, (0, 0, H * W, 0), (1, 3, H * W, C)), (3, H, W, C)))


ONE = GEOMETRIES["1x1"]
CASES: dict[str, Build] = {
    "residual": residual,
    "swish": lambda b, x: b.binary("Mul", x, b.unary("Sigmoid", x, {})),
    "per channel": lambda b, x: b.binary("Add", x, b.constant(numbers(1, 1, 1, C))),
    "per row": lambda b, x: b.binary("Add", x, b.constant(numbers(1, H, 1, 1))),
    "per frame": lambda b, x: b.binary("Mul", x, b.constant(numbers(F, 1, 1, 1))),
    "gate": gate,
    "clip gate": clip_gate,
    "taps": taps,
    "every second frame": every_second,
    "frames cut": lambda b, x: b.slice(x, (1, 0, 0, 0), (3, H, W, C)),
    "channels cut": lambda b, x: b.concat([b.slice(x, (0, 0, 0, i), (F, H, W, 2)) for i in (2, 0)], 3),
    "rows cut": lambda b, x: b.slice(x, (0, 2, 0, 0), (F, 6, W, C)),
    "columns cut": lambda b, x: b.slice(x, (0, 0, 1, 0), (F, H, 5, C)),
    "all cut": lambda b, x: b.slice(x, (1, 2, 1, 0), (3, 7, 5, C)),
    "rows and columns padded": lambda b, x: b.pad(x, [(0, 0), (1, 2), (2, 0), (0, 0)], "constant", 0.0),
    "frames and rows padded": lambda b, x: b.pad(x, [(1, 0), (1, 2), (0, 0), (0, 0)], "constant", 0.0),
    "channels padded": lambda b, x: b.pad(x, [(0, 0), (0, 0), (0, 0), (0, 2)], "constant", 0.0),
    "edges": lambda b, x: b.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)], "edge", 0.0),
    "frames joined": lambda b, x: b.concat([x, THREE(b, x)], 0),
    "channels joined": lambda b, x: b.concat([x, THREE(b, x)], 3),
    "rows joined": lambda b, x: b.concat([x, THREE(b, x)], 1),
    "columns joined": lambda b, x: b.concat([x, THREE(b, x)], 2),
    "column means": lambda b, x: b.reduce("ReduceMean", x, (2,)),
    "row maxima": lambda b, x: b.reduce("ReduceMax", x, (1,)),
}


@both
@pytest.mark.parametrize("name", CASES)
def test_on_clean_frames(name: str, rezero: Rezero) -> None:
    assert_same(frames(CASES[name], FRAMES), rezero)


@both
@pytest.mark.parametrize("name", [n for n in CASES if n not in ("taps", "channels padded", "channels joined")])
def test_between_convolutions(name: str, rezero: Rezero) -> None:
    assert_same(frames(gapped(CASES[name]), FRAMES), rezero, lsb=2 * (name == "gate"))


@both
def test_a_head(rezero: Rezero) -> None:
    def build(b: Any, x: str) -> str:
        mean = b.reduce("ReduceMean", b.reshape(THREE(b, x), (1, F, H * W, C)), (1, 2))
        return str(b.dense(b.reshape(mean, (1, C)), numbers(C, 3), numbers(3)))

    assert kinds(assert_same(frames(build, FRAMES), rezero))[-1] == "FULLY_CONNECTED"


@both
def test_a_dense_layer_and_a_softmax_per_frame(rezero: Rezero) -> None:
    def build(b: Any, x: str) -> str:
        return str(b.softmax(b.dense(THREE(b, x), numbers(C, 3), numbers(3))))

    assert_same(frames(build, FRAMES), rezero)


def test_an_operand_of_no_strip_form_is_told() -> None:
    """All of them, with operator, tensor, reason and remedy."""

    def build(b: Any, x: str, y: str) -> list[str]:
        return [
            b.reduce("ReduceMean", x, (1, 3)),
            b.binary("Add", y, b.constant(numbers(F, 1, W, 1))),
            b.matmul(x, x, adjoint=True),
        ]

    with pytest.raises(ModelError) as failed:
        to_strip(frames(build, FRAMES, (1, H, 1, C)))
    reasons = failed.value.reasons
    assert len(reasons) == 3
    for op in ("MEAN", "ADD", "BATCH_MATMUL"):
        assert any(r.startswith(f"{op} '") and "(" in r for r in reasons)


def test_the_frames_graph_stays_as_it_is() -> None:
    graph = frames(residual, FRAMES)
    before = [(op.kind, op.inputs, op.outputs) for op in graph.ops], dict(graph.tensors)
    to_strip(graph)
    assert ([(op.kind, op.inputs, op.outputs) for op in graph.ops], dict(graph.tensors)) == before


def test_equal_inputs_give_equal_strips() -> None:
    first, second = (to_strip(frames(CASES["gate"], FRAMES)).graph for _ in range(2))
    assert first.ops == second.ops
    assert list(first.tensors) == list(second.tensors)


@both
def test_a_long_view_is_split(rezero: Rezero) -> None:
    """Vela 4 takes no axis beyond 65535."""

    def build(b: Any, x: str) -> str:
        size = 64 * 48 * 16
        pairs = b.reshape(x, (2, 2 * size))
        return str(THREE16(b, b.reshape(b.slice(pairs, (0, 0), (2, size)), (2, 64, 48, 16))))

    made = assert_same(frames(build, (4, 64, 48, 16)), rezero)
    assert max(max(t.shape) for t in made.tensors.values() if t.data is None) <= 65535


THREE16 = conv(GEOMETRIES["3x3"], 2)


def test_constants_are_used_once() -> None:
    made = to_strip(frames(residual, FRAMES)).graph
    held = [(t.dtype, t.shape, np.asarray(t.data).tobytes()) for n, t in made.tensors.items() if n.startswith("strip/")]
    assert len(held) == len(set(held))
