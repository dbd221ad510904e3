"""Runs the rules over a source graph and collects every refusal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from edgeconv.core.backend import Backend
from edgeconv.core.errors import Refusal, Refused
from edgeconv.core.layout import Array, Value, constant
from edgeconv.lowering.boundary import Port, enter, leave
from edgeconv.lowering.context import Context
from edgeconv.lowering.counterpart import Counterpart, counterpart
from edgeconv.lowering.graph import SourceGraph, SourceNode, folded
from edgeconv.lowering.registry import Node, load_rules


@dataclass
class Trace:
    """What a run of the engine leaves behind."""

    inputs: list[Port] = field(default_factory=list)
    outputs: list[Port] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    rules: Counter[str] = field(default_factory=Counter)
    transposes: list[str] = field(default_factory=list)
    counterparts: list[Counterpart] = field(default_factory=list)
    """Where every computed value of the source lies in the lowered graph, in source order."""


def run(graph: SourceGraph, backend: Backend, layouts: Mapping[str, str]) -> Trace:
    """Lower every node into `backend`; `layouts` names the axes of inputs ('NCTHW') where they are known."""
    computed = next((d for d in graph.dtypes.values() if d.startswith("float")), "float32")
    ctx, trace, rules = Context(backend, dtype=computed), Trace(), load_rules()
    values: dict[str, Value | None] = {"": None}
    for name, array in graph.constants.items():
        values[name] = constant(array)
    for name, shape in graph.inputs.items():
        values[name], port = enter(ctx, name, shape, layouts.get(name), graph.dtypes[name])
        trace.inputs.append(port)
    for node in graph.nodes:
        backend.scope(node.outputs[0])
        ctx.views.cause = f"{node.op} '{node.outputs[0]}'"
        unknown = [i for i in node.inputs if i not in values]
        made = folded(node, _constants(node, values), graph.opset)
        if made is not None:  # shape arithmetic on shapes that only the rules know
            values |= {name: constant(array) for name, array in made.items()}
            continue
        if node.op not in rules or node.domain not in ("", "ai.onnx"):
            trace.refusals.append(_refusal(graph, node, "there is no rule for it", "rewrite it, or ask for a rule"))
            continue
        if unknown:
            continue  # it hangs on something refused already
        wrapped = Node(
            node.op,
            node.outputs[0],
            tuple(values[i] for i in node.inputs),
            node.attributes,
            sum(bool(o) for o in node.outputs),
            graph.opset,
        )
        try:
            result = rules[node.op](ctx, wrapped)
        except Refused as refused:
            trace.refusals.append(_refusal(graph, node, refused.reason, refused.remedy))
            continue
        trace.rules[node.op] += 1
        for out, value in zip(node.outputs, result if isinstance(result, tuple) else (result,), strict=False):
            values[out] = value
    if not trace.refusals:
        for name in graph.outputs:
            backend.scope(name)
            ctx.views.cause = f"output '{name}'"
            left = values[name]
            assert left is not None
            trace.outputs.append(leave(ctx, name, left))
    computed_names = (o for node in graph.nodes for o in node.outputs)
    trace.counterparts = [c for o in computed_names if (c := counterpart(o, values.get(o))) is not None]
    trace.transposes = ctx.views.transposes
    return trace


def _constants(node: SourceNode, values: Mapping[str, Value | None]) -> dict[str, Array]:
    """Those inputs of a node that are known before run time."""
    found = {i: value.array for i in node.inputs if (value := values.get(i)) is not None}
    return {i: array for i, array in found.items() if array is not None}


def _refusal(graph: SourceGraph, node: SourceNode, reason: str, remedy: str) -> Refusal:
    shapes = tuple(graph.shapes[i] for i in node.inputs if i in graph.shapes)
    return Refusal(node.op, node.outputs[0], reason, remedy, shapes)
