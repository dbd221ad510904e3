"""GELU in the forms that exporters write it, and what only looks like it."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from lowering_cases import OPSET, Node, model, node, run_onnx

from edgeconv.lowering import OnnxBackend, graph_of, lower, merge_gelus
from edgeconv.lowering.graph import SourceGraph

SHAPE = (2, 3, 5)
ROOT, HALF = float(np.sqrt(2)), 0.5


def written(form: str, root: float = ROOT, half: float = HALF, one: float = 1.0, extra: str = "") -> onnx.ModelProto:
    bent = [node("Erf", ["s"], ["e"]), node("Add", ["e", "one"], ["a"])]
    scaled = [node("Mul", ["x", "inverse"], ["s"]) if "inverse" in form else node("Div", ["x", "root"], ["s"])]
    order: dict[str, list[Node]] = {
        "half last": [node("Mul", ["x", "a"], ["m"]), node("Mul", ["m", "half"], ["y"])],
        "half first": [node("Mul", ["x", "half"], ["m"]), node("Mul", ["m", "a"], ["y"])],
        "half on the bend": [node("Mul", ["half", "a"], ["m"]), node("Mul", ["x", "m"], ["y"])],
        "x twice": [node("Mul", ["x", "a"], ["m"]), node("Mul", ["m", "x"], ["y"])],
    }
    tail = order[form.removesuffix(", inverse")]
    more = [node("Tanh", [extra], ["z"])] if extra else []
    weights = {"root": root, "inverse": 1 / root, "half": half, "one": one}
    return model(
        [*scaled, *bent, *tail, *more],
        {"x": SHAPE},
        ["y", *(["z"] if extra else [])],
        {n: np.array(v, np.float32) for n, v in weights.items()},
    )


def merged(made: onnx.ModelProto) -> tuple[int, SourceGraph]:
    graph = graph_of(made)
    return merge_gelus(graph), graph


@pytest.mark.parametrize(
    "form", ["half last", "half first", "half on the bend", "half last, inverse", "half first, inverse"]
)
def test_every_order_of_factors_is_one_function(form: str) -> None:
    made = written(form)
    count, graph = merged(made)
    assert count == 1
    assert [n.op for n in graph.nodes] == ["Gelu"]
    backend = OnnxBackend(OPSET)
    lower(graph, backend)
    x = np.linspace(-4, 4, 30, dtype=np.float32).reshape(SHAPE)
    meant, got = run_onnx(made, {"x": x})[0], run_onnx(backend.model(), {"x": x})[0]
    assert np.abs(got - meant).max() <= 1e-6


@pytest.mark.parametrize(
    "made",
    [
        written("half last", root=1.5),
        written("half last", half=0.6),
        written("half last", one=2.0),
        written("x twice"),
        *(written("half last", extra=name) for name in ("s", "e", "a", "m")),
        written("half first", extra="m"),
    ],
)
def test_what_only_looks_like_it_stays(made: onnx.ModelProto) -> None:
    count, graph = merged(made)
    assert count == 0
    assert "Erf" in [n.op for n in graph.nodes]


def test_x_may_be_read_elsewhere() -> None:
    assert merged(written("half last", extra="x"))[0] == 1
