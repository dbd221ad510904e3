"""Reads the structure of an ONNX file; weights that lie in external files are not opened."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx import inliner, numpy_helper, shape_inference

from edgeconv.core.errors import UsageError
from edgeconv.core.summary import ModelSummary, OpInfo, TensorInfo
from edgeconv.inspection.macs import macs_of

_SHAPE_DATA = 1024
"""Constants up to this many elements stay for shape inference; larger ones are weights."""
_INFERENCE_ERRORS = (shape_inference.InferenceError, onnx.checker.ValidationError, ValueError, RuntimeError)
_DATA_FIELDS = ("raw_data", "float_data", "int32_data", "string_data", "int64_data", "double_data", "uint64_data")
_RENAMED = {"FLOAT": "float32", "DOUBLE": "float64", "UNDEFINED": "unknown"}
_DTYPES: dict[int, str] = {v: _RENAMED.get(n, n.lower()) for n, v in onnx.TensorProto.DataType.items()}
_Tensors = dict[str, TensorInfo]


def read_onnx(data: bytes, path: Path) -> ModelSummary:
    """Read an ONNX model; `data` is the whole content of the file."""
    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except DecodeError:
        raise UsageError(
            f"'{path}' is neither an ONNX nor a TFLite model, or it is truncated.",
            hint="edgeconv reads .onnx and .tflite files",
        ) from None
    if not (model.ir_version and model.opset_import and model.HasField("graph")):
        raise UsageError(
            f"'{path}' is not an ONNX model: it names no IR version, opset or graph.",
            hint="edgeconv reads .onnx and .tflite files",
        )
    model = _with_shapes(model)
    versions = {o.domain or "ai.onnx": o.version for o in model.opset_import}
    walk = _Walk(versions)
    known = walk.graph(model.graph, "", {})
    initializers = _constant_names(model.graph)
    used = {t.name for op in walk.ops for t in op.tensors}
    return ModelSummary(
        path=str(path),
        format="onnx",
        bytes=len(data),
        ops=tuple(walk.ops),
        inputs=tuple(known[i.name] for i in model.graph.input if i.name not in initializers),
        outputs=tuple(known[o.name] for o in model.graph.output),
        opset=versions.get("ai.onnx"),
        shape_helpers=tuple(known[n] for n in initializers if n not in used),
    )


def _with_shapes(model: Any) -> Any:
    """Inline local functions and infer shapes; weights are dropped first, they only cost time."""
    for graph in _graphs(model.graph):
        for tensor in graph.initializer:
            _drop_weights(tensor)
        for node in graph.node:
            for attribute in node.attribute:
                _drop_weights(attribute.t)
    try:
        if model.functions:
            model = inliner.inline_local_functions(model)
        return shape_inference.infer_shapes(model, data_prop=True)
    except _INFERENCE_ERRORS:
        return model  # the shapes that the file itself states remain


def _drop_weights(tensor: Any) -> None:
    if _elements(tensor) > _SHAPE_DATA:
        for field in _DATA_FIELDS:
            tensor.ClearField(field)


def _elements(tensor: Any) -> int:
    count = 1
    for dim in tensor.dims:
        count *= dim
    return count


def _graphs(graph: Any) -> Iterator[Any]:
    """A graph and all graphs inside its nodes."""
    yield graph
    for node in graph.node:
        for _, inner in _inner_graphs(node):
            yield from _graphs(inner)


def _inner_graphs(node: Any) -> Iterator[tuple[str, Any]]:
    for attribute in node.attribute:
        if attribute.type == onnx.AttributeProto.GRAPH:
            yield attribute.name, attribute.g
        elif attribute.type == onnx.AttributeProto.GRAPHS:
            yield from ((f"{attribute.name}[{i}]", g) for i, g in enumerate(attribute.graphs))


def _constant_names(graph: Any) -> list[str]:
    return [t.name for t in graph.initializer] + [t.values.name for t in graph.sparse_initializer]


class _Walk:
    """Collects the ops of a graph and of every graph inside it, in file order."""

    def __init__(self, versions: dict[str, int]) -> None:
        self._versions = versions
        self.ops: list[OpInfo] = []

    def graph(self, graph: Any, prefix: str, outer: _Tensors) -> _Tensors:
        """Walk one graph; names made in an inner graph carry its path, because sister graphs may repeat them."""
        known: _Tensors = {**outer, **_declared(graph, prefix)}
        for node in graph.node:
            inputs = tuple(known.get(n, _unknown(n)) if n else None for n in node.input)
            for name in filter(None, node.output):
                if name not in known or name in outer:
                    known[name] = _unknown(prefix + name)
                if node.op_type == "Constant":
                    known[name] = _as_constant(known[name])
            outputs = tuple(known[n] for n in node.output if n)
            attributes = {a.name: _attribute(a) for a in node.attribute}
            if prefix:
                attributes["subgraph"] = prefix.rstrip("/")
            title = node.name or (outputs[0].name if outputs else f"{node.op_type}_{len(self.ops)}")
            version = self._versions.get(node.domain or "ai.onnx", 0)
            macs = macs_of(node.op_type, inputs, outputs, attributes)
            self.ops.append(OpInfo(len(self.ops), node.op_type, title, version, inputs, outputs, attributes, macs))
            for name, inner in _inner_graphs(node):
                self.graph(inner, f"{prefix}{title}.{name}/", known)
        for output in graph.output:
            known.setdefault(output.name, _typed(output, prefix))
        return known


def _declared(graph: Any, prefix: str) -> _Tensors:
    """Every tensor whose type the graph states: values, inputs, outputs, then constants."""
    tensors = {v.name: _typed(v, prefix) for v in (*graph.value_info, *graph.input, *graph.output)}
    for tensor in graph.initializer:
        tensors[tensor.name] = TensorInfo(
            prefix + tensor.name, tuple(tensor.dims), _dtype(tensor.data_type), constant=True
        )
    for sparse in graph.sparse_initializer:
        name = sparse.values.name
        tensors[name] = TensorInfo(prefix + name, tuple(sparse.dims), _dtype(sparse.values.data_type), constant=True)
    return tensors


def _unknown(name: str) -> TensorInfo:
    return TensorInfo(name, (-1,), "unknown")


def _as_constant(tensor: TensorInfo) -> TensorInfo:
    return TensorInfo(tensor.name, tensor.shape, tensor.dtype, constant=True)


def _typed(value: Any, prefix: str) -> TensorInfo:
    kind = value.type.WhichOneof("value")
    if kind not in ("tensor_type", "sparse_tensor_type"):
        return TensorInfo(prefix + value.name, (-1,), (kind or "unknown").removesuffix("_type"))
    tensor = getattr(value.type, kind)
    if not tensor.HasField("shape"):
        return TensorInfo(prefix + value.name, (-1,), _dtype(tensor.elem_type))
    shape = tuple(d.dim_value if d.HasField("dim_value") and d.dim_value >= 0 else -1 for d in tensor.shape.dim)
    return TensorInfo(prefix + value.name, shape, _dtype(tensor.elem_type))


def _dtype(number: int) -> str:
    return _DTYPES.get(number, "unknown")


def _attribute(attribute: Any) -> Any:
    """An attribute as a Python value; tensors as (nested) tuples while they are small, else by type and shape."""
    if attribute.type == onnx.AttributeProto.TENSOR:
        return _tensor(attribute.t)
    if attribute.type in (onnx.AttributeProto.GRAPH, onnx.AttributeProto.GRAPHS):
        graphs = (attribute.g,) if attribute.type == onnx.AttributeProto.GRAPH else attribute.graphs
        return ", ".join(f"graph {g.name}" for g in graphs)
    value = onnx.helper.get_attribute_value(attribute)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, (int, float, str)):
        return value
    if isinstance(value, (list, tuple)) or hasattr(value, "__iter__"):
        return tuple(v.decode("utf-8", "replace") if isinstance(v, bytes) else v for v in value)
    return str(value)


def _tensor(tensor: Any) -> Any:
    shape = list(tensor.dims)
    if _elements(tensor) > _SHAPE_DATA or tensor.data_location == onnx.TensorProto.EXTERNAL:
        return f"{_dtype(tensor.data_type)} {shape}"
    try:
        return _tuples(numpy_helper.to_array(tensor).tolist())
    except (ValueError, TypeError):
        return f"{_dtype(tensor.data_type)} {shape}"


def _tuples(value: Any) -> Any:
    return tuple(_tuples(v) for v in value) if isinstance(value, list) else value
