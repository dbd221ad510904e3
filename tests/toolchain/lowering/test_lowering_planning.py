"""The plan of memory orders: as good as trying every order of every value, and never a change of what is computed."""

from __future__ import annotations

import itertools

import pytest
from lowering_cases import Weights, check_both, model, node
from planning_cases import LAYOUT, SHAPE, tokens

from edgeconv.core.backend import Backend
from edgeconv.lowering import OnnxBackend, graph_of
from edgeconv.lowering.counting import CountingBackend
from edgeconv.lowering.engine import run
from edgeconv.lowering.graph import SourceGraph
from edgeconv.lowering.plan import Plan
from edgeconv.lowering.planning import Planned, cost, plan_layouts
from edgeconv.tflite import TfliteBackend

BACKENDS = {"onnx": OnnxBackend(18), "tflite": TfliteBackend()}


def planned(graph: SourceGraph, backend: Backend) -> Planned:
    found = plan_layouts(graph, backend, LAYOUT)
    assert found is not None
    return found


def cost_of(graph: SourceGraph, backend: Backend, plan: Plan) -> tuple[int, int]:
    return cost(run(graph, CountingBackend(backend), LAYOUT, plan).moves)


@pytest.mark.parametrize("backend", BACKENDS.values(), ids=BACKENDS)
@pytest.mark.parametrize("seed", range(6))
def test_as_good_as_every_order_of_every_value(seed: int, backend: Backend) -> None:
    graph = graph_of(tokens(seed))
    found = planned(graph, backend)
    greedy = run(found.graph, CountingBackend(backend), LAYOUT)
    best = cost(greedy.moves)
    for name, value in greedy.values.items():
        if value is not None and value.storage.constant is None:
            for axes in itertools.permutations(range(len(value.dims))):
                best = min(best, cost_of(found.graph, backend, Plan({name: axes})))
    assert cost_of(found.graph, backend, found.plan) <= best


def test_what_rules_do_alone_is_not_always_best() -> None:
    graph = graph_of(tokens(2))
    found = planned(graph, BACKENDS["tflite"])
    assert cost_of(found.graph, BACKENDS["tflite"], Plan()) == (480, 4)
    assert cost_of(found.graph, BACKENDS["tflite"], found.plan) == (480, 2)


@pytest.mark.parametrize("seed", range(8))
def test_a_planned_graph_computes_the_same(seed: int) -> None:
    check_both(tokens(seed), {"x": Weights(9).clip(*SHAPE)}, LAYOUT)


def test_a_network_without_transposes_needs_no_plan() -> None:
    nodes = [node("Conv", ["x", "w"], ["c"], pads=[1] * 6), node("Relu", ["c"], ["y"])]
    graph = graph_of(model(nodes, {"x": SHAPE}, ["y"], {"w": Weights()(4, 3, 3, 3, 3)}))
    assert planned(graph, BACKENDS["onnx"]).plan == Plan()


def test_nothing_is_planned_for_what_is_refused() -> None:
    graph = graph_of(model([node("NonZero", ["x"], ["y"])], {"x": SHAPE}, ["y"]))
    assert plan_layouts(graph, BACKENDS["onnx"], LAYOUT) is None


def test_equal_graphs_give_equal_plans() -> None:
    plans = [planned(graph_of(tokens(5)), BACKENDS["onnx"]).plan for _ in range(2)]
    assert plans[0] == plans[1]


def test_large_weights_are_not_read_while_plans_are_tried() -> None:
    made = tokens(2)
    graph = graph_of(made)
    before = {n: a.copy() for n, a in graph.constants.items()}
    found = planned(graph, BACKENDS["onnx"])
    for name, array in found.graph.constants.items():
        if name in before:
            assert (array == before[name]).all()
