"""Runs the rules over a source graph and collects every refusal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from edgeconv.core.backend import Backend
from edgeconv.core.errors import Refusal
from edgeconv.core.layout import Groups, Value, constant, flatten
from edgeconv.lowering.context import Context
from edgeconv.lowering.graph import SourceGraph, SourceNode
from edgeconv.lowering.registry import Node, Refused, load_rules

NAMED_AXES = frozenset("NCTHWDF")


@dataclass(frozen=True)
class Port:
    """How a logical input or output of the source lies in the physical model."""

    name: str
    logical: tuple[int, ...]
    perm: tuple[int, ...]
    """Logical axes in memory order."""
    physical: tuple[int, ...]
    """Shape of the physical tensor."""


@dataclass
class Trace:
    """What a run of the engine leaves behind."""

    inputs: list[Port] = field(default_factory=list)
    outputs: list[Port] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    rules: Counter[str] = field(default_factory=Counter)
    transposes: list[str] = field(default_factory=list)


def run(graph: SourceGraph, backend: Backend, layouts: Mapping[str, str], outputs_flat: bool = False) -> Trace:
    """Lower every node into `backend`; `layouts` names the axes of inputs ('NCTHW') where they are known."""
    ctx, trace, rules = Context(backend), Trace(), load_rules()
    values: dict[str, Value | None] = {"": None}
    for name, array in graph.constants.items():
        values[name] = constant(array)
    for name, shape in graph.inputs.items():
        values[name] = _enter(ctx, trace, name, shape, layouts.get(name), graph.dtypes[name])
    for node in graph.nodes:
        backend.scope(node.outputs[0])
        ctx.views.cause = f"{node.op} '{node.outputs[0]}'"
        unknown = [i for i in node.inputs if i not in values]
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
            value = values[name]
            assert value is not None
            trace.outputs.append(_leave(ctx, name, value))
    trace.transposes = ctx.views.transposes
    return trace


def _refusal(graph: SourceGraph, node: SourceNode, reason: str, remedy: str) -> Refusal:
    shapes = tuple(graph.shapes[i] for i in node.inputs if i in graph.shapes)
    return Refusal(node.op, node.outputs[0], reason, remedy, shapes)


def _enter(ctx: Context, trace: Trace, name: str, shape: tuple[int, ...], layout: str | None, dtype: str) -> Value:
    """A graph input: clips lie as frames ([N*T, C, H, W] or [N*T, H, W, C]), the rest as they are given."""
    dims = constant_dims(shape)
    groups: Groups = dims
    if layout and set(layout) <= NAMED_AXES and "C" in layout and len(layout) == len(shape) >= 3:
        at = {axis: dims[i] for i, axis in enumerate(layout)}
        batch = tuple(a for axis in layout if axis in "NTDF" for a in at[axis])
        ordered = sorted((axis for axis in layout if axis in "NTDF"), key="NFTD".index)
        batch = tuple(a for axis in ordered for a in at[axis])
        groups = ctx.spatial_groups(batch, at["C"], at.get("H", ()), at.get("W", ()))
    value_shape = tuple(_size(g) for g in groups)
    tensor = ctx.backend.input(name, value_shape, dtype)
    trace.inputs.append(_port(name, dims, groups))
    return ctx.wrap(tensor, groups, dims)


def constant_dims(shape: tuple[int, ...]) -> Groups:
    from edgeconv.core.layout import fresh

    return tuple(fresh(s) for s in shape)


def _size(group: tuple[object, ...]) -> int:
    size = 1
    for atom in group:
        size *= atom.size  # type: ignore[attr-defined]
    return size


def _port(name: str, dims: Groups, groups: Groups) -> Port:
    order = flatten(groups)
    where = {atom: axis for axis, dim in enumerate(dims) for atom in flatten((dim,))}
    perm: list[int] = []
    for atom in order:
        if where[atom] not in perm:
            perm.append(where[atom])
    perm += [axis for axis in range(len(dims)) if axis not in perm]
    logical = tuple(_size(d) for d in dims)
    return Port(name, logical, tuple(perm), tuple(_size(g) for g in groups))


def _leave(ctx: Context, name: str, value: Value) -> Port:
    """A graph output: rank <= 4 in its logical shape; clips and volumes as they lie, as frames."""
    dims = tuple(tuple(flatten((d,))) for d in value.dims)
    groups: Groups = dims
    if len(dims) > ctx.max_rank:
        order = [a for a in ctx.order(value)]
        spans = _whole_axes(order, dims)
        if spans is None or len(dims) < 4:
            groups = (flatten(dims),)
        else:
            extra = len(spans) - ctx.max_rank + 1
            groups = (flatten(spans[:extra]), *spans[extra:]) if extra > 0 else tuple(spans)
    elif len(dims) == 4 and not ctx.lies(value, flatten(dims)):
        spans = _whole_axes(list(ctx.order(value)), dims)
        groups = tuple(spans) if spans is not None and len(spans) == 4 else dims
    tensor = ctx.views.get(value, groups)
    ctx.backend.output(name, tensor, tuple(_size(g) for g in groups))
    return _port(name, dims, groups)


def _whole_axes(order: list[object], dims: Groups) -> list[tuple[object, ...]] | None:  # type: ignore[misc]
    """The dimensions in memory order, where the atoms of each lie together."""
    rest = list(order)
    spans = []
    while rest:
        dim = next(d for d in dims if d and d[0] == rest[0]) if any(d and d[0] == rest[0] for d in dims) else None
        if dim is None or tuple(rest[: len(dim)]) != dim:
            return None
        spans.append(dim)
        rest = rest[len(dim) :]
    return spans  # type: ignore[return-value]
