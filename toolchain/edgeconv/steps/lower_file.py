"""One ONNX file into its 4D form, in a child process: what that takes is measured, and a crash is told, not shared."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel

from edgeconv import lowering
from edgeconv.core.child import Result, call_once

Producers = Mapping[str, tuple[str, tuple[str, ...]]]
"""Operator and inputs by output name."""


class LowerFileRequest(BaseModel):
    source: Path
    """An ONNX file of static shapes."""
    target: Path
    opset: int
    layouts: dict[str, str] = {}
    """Axis names by input, such as {'clip': 'NCTHW'}."""


class LoweredFile(BaseModel):
    """What the lowering did, and where every value went."""

    inputs: tuple[lowering.Port, ...]
    outputs: tuple[lowering.Port, ...]
    rules: dict[str, int]
    """How often each rule was applied."""
    transposes: tuple[str, ...]
    """Each one that was emitted, with the operator that causes it."""
    batch_norms: int
    """Merged into convolutions."""
    counterparts: tuple[lowering.Counterpart, ...]
    """Of the values that mean the same in both graphs, in source order; not of those inside the branches of an If."""
    merged: tuple[str, ...]
    """Values that a BatchNorm behind them was merged into: they exist no more, or mean something else."""
    seconds: float
    """Load to file, without the start of the process."""


def lower_in_child(request: LowerFileRequest, threads: int) -> Result[LoweredFile]:
    """Lower a file.

    Raises:
        ModelError: it cannot be lowered; every reason is listed.
        ChildDied: the lowering crashed.
    """
    return call_once("the lowering", "edgeconv.steps.lower_file:lower_file", request, LoweredFile, threads=threads)


def lower_file(request: LowerFileRequest) -> LoweredFile:
    """Runs inside the child."""
    start = time.perf_counter()
    graph = lowering.load_graph(request.source)
    before = producers(graph)
    folded = lowering.fold_batch_norms(graph)
    merged = changed_values(before, producers(graph))
    backend = lowering.OnnxBackend(request.opset)
    trace = lowering.lower(graph, backend, {n: a for n, a in request.layouts.items() if n in graph.inputs})
    backend.save(request.target)
    return LoweredFile(
        inputs=tuple(trace.inputs),
        outputs=tuple(trace.outputs),
        rules=dict(sorted(trace.rules.items())),
        transposes=tuple(trace.transposes),
        batch_norms=folded,
        counterparts=tuple(c for c in trace.counterparts if c.name in before and c.name not in merged),
        merged=merged,
        seconds=round(time.perf_counter() - start, 3),
    )


def producers(graph: lowering.SourceGraph) -> Producers:
    return {o: (node.op, tuple(node.inputs)) for node in graph.nodes for o in node.outputs if o}


def changed_values(before: Producers, after: Producers) -> tuple[str, ...]:
    """Names that have gone, or that no longer stand for what they stood for, in the order of `before`.

    A convolution that took a BatchNorm in has other weights, and what is computed from it is changed, up to the value
    that another operator now makes in place of the BatchNorm.
    """
    changed: set[str] = set()
    for name, (op, inputs) in after.items():  # in topological order
        if name in before and before[name][0] != op:
            continue  # takes the place of the BatchNorm
        if name in before and op == "InstanceNormalization":
            continue  # takes away what its channels were scaled by
        if name not in before or before[name][1] != inputs or any(i in changed for i in inputs):
            changed.add(name)
    return tuple(name for name in before if name in changed or name not in after)
