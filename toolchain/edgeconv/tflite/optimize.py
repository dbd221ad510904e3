"""Exact clean-up of an emitted graph: fused activations, one copy of equal views, nothing unused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from edgeconv.tflite.graph import Graph, Op
from edgeconv.tflite.in_place import guard_in_place
from edgeconv.tflite.spec import OpSpec, specs

_FUSED = ("RELU", "RELU6", "RELU_N1_TO_1")


def optimize(graph: Graph) -> None:
    """Clean up in place."""
    share_equal_ops(graph)
    hoist_activations(graph)
    fuse_activations(graph)
    graph.prune()
    guard_in_place(graph)


def hoist_activations(graph: Graph) -> None:
    """Before: RELU(y), y a CONCATENATION, RESHAPE, slice or pool of tensors read by nothing else, each made by an
    operator that can carry the activation. After: y of RELUs, which then fuse. A lone RELU cuts the delegate's graph.
    """
    table = specs()
    moved = True
    while moved:
        moved = False
        users = graph.users()
        producer = {op.outputs[0]: op for op in graph.ops}
        for op in graph.ops:
            mover = producer.get(op.inputs[0]) if op.kind in _FUSED else None
            if mover is None or mover.kind not in _COMMUTES or not _only(users, graph, op.inputs[0]):
                continue
            sources = mover.inputs if mover.kind == "CONCATENATION" else mover.inputs[:1]  # a constant carries nothing
            if not all(_only(users, graph, i) and _carries(table, producer.get(i), producer) for i in sources):
                continue
            fresh = {i: graph.add(replace(graph.tensors[i], name=f"{i}/{op.kind}")) for i in sources}
            ops = []
            for other in graph.ops:
                if other is mover:
                    ops += [Op(op.kind, (i,), (fresh[i],), dict(op.options)) for i in sources]
                    ops.append(replace(mover, inputs=tuple(fresh.get(i, i) for i in mover.inputs), outputs=op.outputs))
                elif other is not op:
                    ops.append(other)
            graph.ops = ops
            moved = True
            break


_COMMUTES = ("CONCATENATION", "RESHAPE", "STRIDED_SLICE", "TRANSPOSE", "PAD", "MAX_POOL_2D")


def _only(users: Mapping[str, list[Op]], graph: Graph, name: str) -> bool:
    return len(users.get(name, [])) == 1 and name not in graph.outputs


def _carries(table: Mapping[str, OpSpec], op: Op | None, producer: Mapping[str, Op]) -> bool:
    """The operator can carry an activation itself, or only moves values of one that can."""
    if op is None:
        return False
    if op.kind in _COMMUTES:
        return all(
            _carries(table, producer.get(i), producer) for i in op.inputs[: None if op.kind == "CONCATENATION" else 1]
        )
    return table[op.kind].activation and "fusedActivationFunction" not in op.options


def fuse_activations(graph: Graph) -> None:
    """Before: RELU(y), y = CONV_2D/ADD/... read by nothing else. After: y with the activation fused."""
    table, users = specs(), graph.users()
    producer = {op.outputs[0]: i for i, op in enumerate(graph.ops)}
    ops: list[Op | None] = list(graph.ops)
    for i, op in enumerate(graph.ops):
        if op.kind not in _FUSED or op.inputs[0] not in producer:
            continue
        at = producer[op.inputs[0]]
        made = ops[at]
        if made is None or not table[made.kind].activation or "fusedActivationFunction" in made.options:
            continue
        if len(users[op.inputs[0]]) != 1 or op.inputs[0] in graph.outputs:
            continue
        options = {**made.options, "fusedActivationFunction": op.kind}
        ops[at] = replace(made, outputs=op.outputs, options=options)
        producer[op.outputs[0]] = at
        ops[i] = None
    graph.ops = [op for op in ops if op is not None]


def share_equal_ops(graph: Graph) -> None:
    """Operators of the same kind on the same tensors with the same options and constants run once."""
    names: dict[str, str] = {}
    seen: dict[object, str] = {}
    kept: list[Op] = []
    for op in graph.ops:
        inputs = tuple(names.get(i, i) for i in op.inputs)
        key = (op.kind, tuple(_identity(graph, i) for i in inputs), repr(sorted(op.options.items())))
        if key in seen and op.outputs[0] not in graph.outputs:
            names[op.outputs[0]] = seen[key]
            continue
        seen.setdefault(key, op.outputs[0])
        kept.append(op)
    graph.renamed(kept, names)


def _identity(graph: Graph, name: str) -> object:
    tensor = graph.tensors.get(name)
    if tensor is None or tensor.data is None or tensor.data.size > 64:
        return name
    return (tensor.shape, tensor.dtype, tensor.data.tobytes())
