"""Runs the rules over a source graph and collects every refusal."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

import onnx

from edgeconv.core.backend import Backend
from edgeconv.core.errors import Refusal, Refused
from edgeconv.core.layout import Array, Move, Value, constant
from edgeconv.lowering.boundary import Port, enter, leave
from edgeconv.lowering.branches import chosen_branch
from edgeconv.lowering.context import Context
from edgeconv.lowering.counterpart import Counterpart, counterpart
from edgeconv.lowering.graph import SourceGraph, SourceNode, folded
from edgeconv.lowering.plan import Plan
from edgeconv.lowering.registry import Node, load_rules


@dataclass
class Trace:
    """What a run of the engine leaves behind."""

    inputs: list[Port] = field(default_factory=list)
    outputs: list[Port] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    rules: Counter[str] = field(default_factory=Counter)
    moves: list[Move] = field(default_factory=list)
    """The transposes that had to be emitted."""
    values: dict[str, Value | None] = field(default_factory=dict)
    """Every source value that was made."""
    lowered: list[SourceNode] = field(default_factory=list)
    """The nodes that rules were applied to, in order."""
    counterparts: list[Counterpart] = field(default_factory=list)
    """Where every computed value of the source lies in the lowered graph, in source order."""

    @property
    def transposes(self) -> list[str]:
        """Each transpose with the operator that causes it and the blocks that it permutes."""
        return [str(m) for m in self.moves]


SHAPE_ARITHMETIC = frozenset({
    "And", "Equal", "Greater", "GreaterOrEqual", "If", "Less", "LessOrEqual", "NonZero", "Not", "Or", "Xor",
})  # fmt: skip
"""Operators that exporters compute shapes with: of a refused operator's shape, they are no reason of their own."""


def run(graph: SourceGraph, backend: Backend, layouts: Mapping[str, str], plan: Plan | None = None) -> Trace:
    """Lower every node into `backend`.

    Args:
        graph: the source.
        backend: receives the operators.
        layouts: names of the axes of inputs ('NCTHW') where they are known.
        plan: memory orders in which values are laid out as soon as they are there, whatever their operator left.
    """
    computed = next((d for d in graph.dtypes.values() if d.startswith("float")), "float32")
    ctx, trace = Context(backend, dtype=computed), Trace()
    values: dict[str, Value | None] = {"": None}
    for name, array in graph.constants.items():
        values[name] = constant(array)
    for name, shape in graph.inputs.items():
        values[name], port = enter(ctx, name, shape, layouts.get(name), graph.dtypes[name])
        trace.inputs.append(port)
    queue = deque(graph.nodes)
    while queue:
        node = queue.popleft()
        backend.scope(node.outputs[0])
        ctx.views.cause = f"{node.op} '{node.outputs[0]}'"
        known = _constants(node, values)
        made = folded(node, known, graph.opset)
        if made is not None:  # shape arithmetic on shapes that only the rules know
            values |= {name: constant(array) for name, array in made.items()}
        elif node.op == "If" and node.inputs[0] in known:
            branch = chosen_branch(node, bool(known[node.inputs[0]].reshape(-1)[0]))
            values |= {name: constant(array) for name, array in branch.constants.items()}
            queue.extendleft(reversed(branch.nodes))
        else:
            made_here = _apply(ctx, graph, node, values, trace)
            for name, value in made_here.items():
                values[name] = plan.laid(ctx, name, value) if plan else value
    if not trace.refusals:
        for name in graph.outputs:
            backend.scope(name)
            ctx.views.cause = f"output '{name}'"
            left = values[name]
            assert left is not None
            trace.outputs.append(leave(ctx, name, left))
    computed_names = (o for node in graph.nodes for o in node.outputs)
    trace.counterparts = [c for o in computed_names if (c := counterpart(o, values.get(o))) is not None]
    trace.moves = ctx.views.moves
    trace.values = values
    return trace


def _apply(
    ctx: Context, graph: SourceGraph, node: SourceNode, values: Mapping[str, Value | None], trace: Trace
) -> dict[str, Value]:
    """The node's outputs by its rule; a refusal goes into the trace. Nothing for what hangs on something refused."""
    rules = load_rules()
    unknown = any(i not in values for i in node.inputs)
    if node.op not in rules or node.domain not in ("", "ai.onnx"):
        if not (unknown and node.op in SHAPE_ARITHMETIC) or _reads_data(graph, node):
            trace.refusals.append(_refusal(graph, node, *_why_not(node)))
        return {}
    if unknown:
        return {}
    inputs = tuple(values[i] for i in node.inputs)
    outputs = sum(bool(o) for o in node.outputs)
    wrapped = Node(node.op, node.outputs[0], inputs, node.attributes, outputs, graph.opset)
    try:
        result = rules[node.op](ctx, wrapped)
    except Refused as refused:
        trace.refusals.append(_refusal(graph, node, refused.reason, refused.remedy))
        return {}
    made = result if isinstance(result, tuple) else (result,)
    read = {*graph.outputs, *(i for n in graph.nodes for i in n.inputs)} if len(made) < outputs else ()
    if more := [name for name in node.outputs[len(made) :] if name in read]:
        reason = f"its further output{'s' * (len(more) > 1)} {', '.join(map(repr, more))} cannot be computed"
        trace.refusals.append(_refusal(graph, node, reason, "use its first output alone"))
        return {}
    trace.rules[node.op] += 1
    trace.lowered.append(node)
    return {name: value for name, value in zip(node.outputs, made, strict=False) if name}


def _reads_data(graph: SourceGraph, node: SourceNode) -> bool:
    """Whether what a node decides on comes from the inputs' values, and not only from shapes."""
    producers, seen, ways = graph.producers(), set[str](), node.inputs[:1] if node.op == "If" else list(node.inputs)
    while ways:
        name = ways.pop()
        if name in graph.inputs:
            return True
        made = producers.get(name)
        if made is not None and name not in seen and made.op not in ("Shape", "Size"):
            ways += made.inputs
        seen.add(name)
    return False


def _why_not(node: SourceNode) -> tuple[str, str]:
    """Reason and remedy of an operator without a rule."""
    if node.domain not in ("", "ai.onnx"):
        return f"operators of the domain '{node.domain}' have no rule", "write it with operators of ONNX itself"
    if any(isinstance(a, onnx.GraphProto) for a in node.attributes.values()):
        return "control flow that depends on data has no rule", "unroll it: export with a fixed number of steps"
    return "there is no rule for it", "rewrite it, or ask for a rule"


def _constants(node: SourceNode, values: Mapping[str, Value | None]) -> dict[str, Array]:
    """Those inputs of a node that are known before run time."""
    found = {i: value.array for i in node.inputs if (value := values.get(i)) is not None}
    return {i: array for i, array in found.items() if array is not None}


def _refusal(graph: SourceGraph, node: SourceNode, reason: str, remedy: str) -> Refusal:
    shapes = tuple(graph.shapes[i] for i in node.inputs if i in graph.shapes)
    return Refusal(node.op, node.outputs[0], reason, remedy, shapes)
