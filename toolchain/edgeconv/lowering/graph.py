"""The source graph: a static-shape ONNX model, its constants folded and its BatchNorms merged into convolutions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator

from edgeconv.core.errors import ModelError, UsageError
from edgeconv.core.layout import Array
from edgeconv.core.weightless import weightless


@dataclass
class SourceNode:
    op: str
    inputs: list[str]
    outputs: list[str]
    attributes: Mapping[str, Any]
    domain: str = ""


@dataclass
class SourceGraph:
    """Nodes in topological order; `shapes` hold what ONNX shape inference knows (used for messages only)."""

    nodes: list[SourceNode]
    constants: dict[str, Array]
    inputs: dict[str, tuple[int, ...]]
    dtypes: dict[str, str]
    outputs: list[str]
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    opset: int = 18

    def users(self) -> dict[str, list[SourceNode]]:
        table: dict[str, list[SourceNode]] = {}
        for node in self.nodes:
            for name in node.inputs:
                table.setdefault(name, []).append(node)
        return table

    def producers(self) -> dict[str, SourceNode]:
        return {out: node for node in self.nodes for out in node.outputs}


def load_graph(path: Path) -> SourceGraph:
    """Read an ONNX file.

    Raises:
        UsageError: the file is missing or not an ONNX model.
        ModelError: it holds dynamic shapes, control flow, functions or NaN weights (all reasons listed).
    """
    if not path.is_file():
        raise UsageError(f"{path} is not a file", hint="give the path of an .onnx file")
    try:
        model = onnx.load(path)
        onnx.checker.check_model(weightless(model))
    except (onnx.checker.ValidationError, ValueError, TypeError, OSError, RuntimeError) as error:
        raise UsageError(f"{path.name} is not a valid ONNX model: {str(error).splitlines()[0]}") from error
    except Exception as error:
        if type(error).__name__ != "DecodeError":
            raise
        raise UsageError(f"{path.name} is not an ONNX file", hint="it is damaged or of another format") from error
    return graph_of(model)


def graph_of(model: onnx.ModelProto) -> SourceGraph:
    constants = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    problems = [f"weight '{n}' holds NaN or infinite values" for n, a in constants.items() if _not_finite(a)]
    inputs: dict[str, tuple[int, ...]] = {}
    dtypes: dict[str, str] = {}
    for value in model.graph.input:
        if value.name in constants:
            continue
        shape = _static_shape(value)
        if shape is None:
            sizes = value.type.tensor_type.shape.dim
            dims = [d.dim_value if d.HasField("dim_value") else d.dim_param or "?" for d in sizes]
            kind = "empty" if 0 in dims else "dynamic"
            problems.append(f"input '{value.name}' has the {kind} shape {dims}")
            continue
        inputs[value.name] = shape
        dtypes[value.name] = onnx.helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type).name
    if problems:
        raise ModelError(
            "the model cannot be lowered", reasons=problems, hint="export with static shapes and finite weights"
        )
    try:
        inferred = onnx.shape_inference.infer_shapes(weightless(model), data_prop=True)
        shapes = {v.name: s for v in inferred.graph.value_info if (s := _static_shape(v)) is not None}
    except onnx.shape_inference.InferenceError:
        shapes = {}  # only messages use them
    nodes = [source_node(n) for n in model.graph.node]
    opset = next((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), 1)
    graph = SourceGraph(
        nodes, dict(constants), inputs, dtypes, [o.name for o in model.graph.output], {**shapes, **inputs}, opset
    )
    fold_constants(graph)
    return graph


def _not_finite(array: Array) -> bool:
    return bool(np.issubdtype(array.dtype, np.floating) and not np.isfinite(array).all())


def _static_shape(value: onnx.ValueInfoProto) -> tuple[int, ...] | None:
    tensor = value.type.tensor_type
    if not tensor.HasField("shape") or not all(d.HasField("dim_value") and d.dim_value > 0 for d in tensor.shape.dim):
        return None
    return tuple(d.dim_value for d in tensor.shape.dim)


def source_node(node: onnx.NodeProto) -> SourceNode:
    attributes: dict[str, Any] = {}
    for attribute in node.attribute:
        value = onnx.helper.get_attribute_value(attribute)
        if isinstance(value, bytes):
            value = value.decode()
        elif isinstance(value, onnx.TensorProto):
            value = numpy_helper.to_array(value)
        attributes[attribute.name] = list(value) if attribute.ints else value
    return SourceNode(node.op_type, list(node.input), list(node.output), attributes, node.domain)


def fold_constants(graph: SourceGraph) -> None:
    """Evaluate every node all of whose inputs are constants, with the ONNX reference evaluator."""
    known_shapes = dict(graph.inputs)
    kept: list[SourceNode] = []
    for node in graph.nodes:
        if node.op == "Identity" and node.inputs[0] in known_shapes:
            known_shapes[node.outputs[0]] = known_shapes[node.inputs[0]]
        if node.op == "Shape" and node.inputs[0] in known_shapes:
            shape = known_shapes[node.inputs[0]][node.attributes.get("start", 0) : node.attributes.get("end")]
            graph.constants[node.outputs[0]] = np.array(shape, np.int64)
            continue
        made = folded(node, graph.constants, graph.opset)
        if made is None:
            kept.append(node)
        else:
            graph.constants |= made
    graph.nodes[:] = kept
    drop_unread(graph)


def folded(node: SourceNode, known: Mapping[str, Array], opset: int) -> dict[str, Array] | None:
    """Outputs of a node all of whose inputs are known; None where it depends on data."""
    if (
        node.domain
        or any(i and i not in known for i in node.inputs)
        or node.op.startswith("Random")
        or any(isinstance(a, onnx.GraphProto) for a in node.attributes.values())
    ):
        return None
    attributes = {k: numpy_helper.from_array(v) if isinstance(v, np.ndarray) else v for k, v in node.attributes.items()}
    places = [f"i{n}" if name else "" for n, name in enumerate(node.inputs)]
    results = [f"o{n}" if name else "" for n, name in enumerate(node.outputs)]
    # Shape arithmetic repeats a few operators thousands of times: equal nodes share one evaluator.
    text = onnx.helper.make_node(node.op, places, results, **attributes).SerializeToString(deterministic=True)
    feeds = {place: known[name] for place, name in zip(places, node.inputs, strict=True) if name}
    dtypes = tuple(onnx.helper.np_dtype_to_tensor_dtype(a.dtype) for a in feeds.values())
    evaluator = (_evaluator if len(text) <= LONG else _evaluator.__wrapped__)(text, dtypes, opset)
    outputs = [o for o in node.outputs if o]
    return dict(zip(outputs, map(np.asarray, evaluator.run(None, feeds)), strict=True))


LONG = 4096
"""Bytes of a node from which it holds data of its own, and is evaluated once."""


@lru_cache(maxsize=512)
def _evaluator(text: bytes, dtypes: tuple[int, ...], opset: int) -> ReferenceEvaluator:
    node = onnx.NodeProto.FromString(text)
    given = [i for i in node.input if i]
    body = onnx.helper.make_graph(
        [node],
        "fold",
        [onnx.helper.make_tensor_value_info(i, d, None) for i, d in zip(given, dtypes, strict=True)],
        [onnx.helper.make_tensor_value_info(o, onnx.TensorProto.UNDEFINED, None) for o in node.output if o],
    )
    return ReferenceEvaluator(onnx.helper.make_model(body, opset_imports=[onnx.helper.make_opsetid("", opset)]))


def drop_unread(graph: SourceGraph) -> None:
    """Constants that no node and no output reads: a folded transpose of a weight leaves the weight behind."""
    read = {i for node in graph.nodes for i in node.inputs} | set(graph.outputs)
    bodies = [a for node in graph.nodes for a in node.attributes.values() if isinstance(a, onnx.GraphProto)]
    while bodies:
        body = bodies.pop()
        read |= {i for node in body.node for i in node.input} | {o.name for o in body.output}
        bodies += [a.g for node in body.node for a in node.attribute if a.type == onnx.AttributeProto.GRAPH]
    graph.constants = {n: a for n, a in graph.constants.items() if n in read}
