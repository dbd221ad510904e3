"""Memory orders chosen over the whole graph: the plan under which the fewest bytes are moved by transposes.

Rules take the order that costs least where they stand. That is greedy: three slices of one tensor may each be
transposed where the tensor could have been once, and a residual stream may be carried in an order that all its readers
undo. Where such a lowering leaves transposes, this module tries plans (see :class:`Plan`) on a backend that emits
nothing, and keeps what makes the whole graph move less. Networks without transposes need no plan: none is better.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from edgeconv.core.backend import Backend
from edgeconv.core.layout import Array, Atom, Move, Value, flatten, leaves
from edgeconv.lowering.counting import CountingBackend
from edgeconv.lowering.engine import Trace, run
from edgeconv.lowering.graph import SourceGraph, SourceNode, drop_unread
from edgeconv.lowering.plan import Axes, Plan

EFFORT = 3000
"""Source nodes lowered in all while plans are tried; counted, not timed, so that equal inputs give equal files."""
FEWEST, MOST = 3, 200
"""Plans tried at least and at most."""
LARGE = 4096
"""Weights above this many elements are not looked at by any rule; zeros stand for them while plans are tried."""

HOPS = 16
"""How far back from a transposed value its order is tried."""

Orders = Mapping[str, Axes]


@dataclass(frozen=True)
class Planned:
    """What to lower, and how."""

    graph: SourceGraph
    """The source without its shape arithmetic and the branches that are not taken."""
    plan: Plan


def plan_layouts(graph: SourceGraph, backend: Backend, layouts: Mapping[str, str]) -> Planned | None:
    """The plan under which `graph`, lowered for a format like `backend`'s, moves the fewest elements.

    Candidates come from the transposes that are left: the order that an operator asked for, and the logical order, are
    tried on the value that was moved and on those before it, at all places of a repeated block at once and at each
    alone. What makes the whole graph move less is kept, until nothing does; the plan is never worse than none.
    None where the graph cannot be lowered: then there is nothing to plan.
    """
    best = run(graph, CountingBackend(backend), layouts)
    if best.refusals:
        return None
    executed = _executed(graph, best)
    plan = Plan()
    bare = _without_weights(executed)
    tries = max(FEWEST, min(MOST, EFFORT // max(1, len(bare.nodes))))
    seen: set[frozenset[tuple[str, Axes]]] = set()
    improved = bool(best.moves)
    while improved:
        improved = False
        for orders in _candidates(bare, best, plan):
            trial = Plan({**plan.orders, **orders})
            key = frozenset(trial.orders.items())
            if key in seen:
                continue
            if not tries:
                break
            seen.add(key)
            tries -= 1
            found = run(bare, CountingBackend(backend), layouts, trial)
            if not found.refusals and cost(found.moves) < cost(best.moves):
                plan, best, improved = trial, found, True
    return Planned(executed, plan)


def cost(moves: Sequence[Move]) -> tuple[int, int]:
    """Elements moved, then the number of transposes."""
    return sum(m.elements for m in moves), len(moves)


def _without_weights(graph: SourceGraph) -> SourceGraph:
    def light(array: Array) -> Array:
        heavy = array.dtype.kind == "f" and array.size > LARGE
        return np.zeros(array.shape, array.dtype) if heavy else array  # pages never written take no memory

    return replace(graph, constants={n: light(a) for n, a in graph.constants.items()})


def _executed(graph: SourceGraph, trace: Trace) -> SourceGraph:
    """What was lowered by rules: shape arithmetic and the branches not taken are gone."""
    found = {n: v.array for n, v in trace.values.items() if v is not None and v.storage.constant is not None}
    executed = replace(graph, nodes=trace.lowered, constants={n: a for n, a in found.items() if a is not None})
    drop_unread(executed)
    return executed


def _candidates(graph: SourceGraph, trace: Trace, plan: Plan) -> list[Orders]:
    """Sets of orders to try together, those that most moved elements hang on first."""
    producers = graph.producers()
    sharing: dict[int, list[str]] = {}
    for name, value in trace.values.items():
        if value is not None:
            sharing.setdefault(id(value.storage), []).append(name)
    weights: dict[tuple[str, Axes], int] = {}
    for move in trace.moves:
        for wish in _wishes(producers, trace, move, sharing.get(id(move.storage), [])):
            weights[wish] = weights.get(wish, 0) + move.elements
    open_ = {w: n for w, n in weights.items() if plan.orders.get(w[0]) != w[1]}
    blocks: dict[tuple[str, Axes], list[str]] = {}
    for name, axes in open_:
        blocks.setdefault((re.sub(r"\d+", "#", name), axes), []).append(name)
    together = [(sum(open_[n, axes] for n in names), names, axes) for (_, axes), names in blocks.items()]
    alone = [(n, [name], axes) for (name, axes), n in open_.items() if len(blocks[re.sub(r"\d+", "#", name), axes]) > 1]
    ranked = sorted((*together, *alone), key=lambda c: (-c[0], -len(c[1])))
    return [dict.fromkeys(names, axes) for _, names, axes in ranked]


def _wishes(producers: Mapping[str, SourceNode], trace: Trace, move: Move, near: list[str]) -> set[tuple[str, Axes]]:
    """The move's goal and the logical order, on the values that share the moved data and on those they come from."""
    place = {a: i for i, a in enumerate(leaves(move.goal))}
    found: set[tuple[str, Axes]] = set()
    seen: set[str] = set()
    for hops in range(HOPS):
        for name in near:
            value = trace.values[name]
            assert value is not None
            asked = [_axes(value, place)] if hops == 0 else [a for n, a in found if len(a) == len(value.dims)]
            logical = tuple(range(len(value.dims)))
            lying = {r.order for r in value.storage.reps[:1]}
            found |= {(name, a) for a in (*asked, logical) if a and flatten(value.dims[i] for i in a) not in lying}
        seen |= set(near)
        before = (i for n in near if n in producers for i in producers[n].inputs)
        near = list(dict.fromkeys(i for i in before if i not in seen and _computed(trace.values.get(i))))
    return found


def _computed(value: Value | None) -> bool:
    return value is not None and value.storage.constant is None and bool(value.storage.reps)


def _axes(value: Value, place: Mapping[Atom, int]) -> Axes | None:
    """Logical axes in the order of `place`, where every axis lies whole."""
    spans = [(tuple(place[a] for a in value.dim(i)), i) for i in range(len(value.dims))]
    if any(list(s) != list(range(s[0], s[0] + len(s))) for s, _ in spans if s):
        return None
    return tuple(i for s, i in sorted(spans, key=lambda e: e[0]))
