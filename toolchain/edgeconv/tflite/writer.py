"""A graph as a .tflite flatbuffer, deterministic byte for byte."""

from __future__ import annotations

from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from edgeconv.core.layout import Array
from edgeconv.tflite.graph import Graph, Op, Tensor
from edgeconv.tflite.spec import specs

_TYPES = {
    "float32": "FLOAT32",
    "int8": "INT8",
    "uint8": "UINT8",
    "int16": "INT16",
    "int32": "INT32",
    "int64": "INT64",
    "bool": "BOOL",
}
_ENUMS = {
    "padding": schema.Padding,
    "fusedActivationFunction": schema.ActivationFunctionType,
    "mode": schema.MirrorPadMode,
}
_ALIGNMENT = 16  # force_align of Buffer.data in the schema; Arm kernels read weights in place


class _AlignedBuffer(schema.BufferT):  # type: ignore[misc]
    """The generated packer writes byte vectors without the alignment that the schema demands."""

    def Pack(self, builder: flatbuffers.Builder) -> int:
        offset = None
        if self.data is not None:
            raw: Array = self.data
            builder.StartVector(1, raw.size, _ALIGNMENT)
            head = builder.head - raw.size
            builder.head = head
            builder.Bytes[head : head + raw.size] = raw.tobytes()
            offset = builder.EndVector()
        schema.BufferStart(builder)
        if offset is not None:
            schema.BufferAddData(builder, offset)
        return int(schema.BufferEnd(builder))


def write(graph: Graph, description: str) -> bytes:
    """Serialise.

    Args:
        graph: all tensors static, names unique.
        description: free text that travels in the file.
    """
    model = schema.ModelT()
    model.version = 3
    model.description = description
    codes = _operator_codes(graph)
    model.operatorCodes = [_code(kind, version) for kind, version in codes]
    index = {name: i for i, name in enumerate(graph.tensors)}
    model.buffers = [_AlignedBuffer()]
    subgraph = schema.SubGraphT()
    subgraph.name = "main"
    subgraph.tensors = [_tensor(t, model.buffers) for t in graph.tensors.values()]
    subgraph.inputs = np.array([index[n] for n in graph.inputs], np.int32)
    subgraph.outputs = np.array([index[n] for n in graph.outputs], np.int32)
    table = specs()
    subgraph.operators = [
        _operator(op, codes.index((op.kind, table[op.kind].written_version(graph, op))), index) for op in graph.ops
    ]
    model.subgraphs = [subgraph]
    model.signatureDefs = [_signature(graph, index)]
    builder = flatbuffers.Builder(int(graph.weight_bytes * 1.02) + (1 << 20))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _operator_codes(graph: Graph) -> list[tuple[str, int]]:
    table = specs()
    return sorted({(op.kind, table[op.kind].written_version(graph, op)) for op in graph.ops})


def _code(kind: str, version: int) -> Any:
    code = schema.OperatorCodeT()
    builtin = getattr(schema.BuiltinOperator, kind)
    code.builtinCode = builtin
    code.deprecatedBuiltinCode = min(builtin, 127)  # old readers look here
    code.version = version
    return code


def _tensor(tensor: Tensor, buffers: list[Any]) -> Any:
    made = schema.TensorT()
    made.name = tensor.name
    made.shape = np.array(tensor.shape, np.int32)
    made.type = getattr(schema.TensorType, _TYPES[tensor.dtype])
    if tensor.data is not None:
        buffer = _AlignedBuffer()
        buffer.data = np.ascontiguousarray(tensor.data).reshape(-1).view(np.uint8)
        made.buffer = len(buffers)
        buffers.append(buffer)
    else:
        made.buffer = 0
    if tensor.quant is not None:
        quant = schema.QuantizationParametersT()
        quant.scale = np.array(tensor.quant.scales, np.float32)
        quant.zeroPoint = np.array(tensor.quant.zero_points, np.int64)
        quant.quantizedDimension = tensor.quant.axis
        made.quantization = quant
    return made


def _operator(op: Op, code: int, index: dict[str, int]) -> Any:
    made = schema.OperatorT()
    made.opcodeIndex = code
    made.inputs = np.array([index[n] if n else -1 for n in op.inputs], np.int32)
    made.outputs = np.array([index[n] for n in op.outputs], np.int32)
    name = specs()[op.kind].options
    if name is not None:
        options = getattr(schema, f"{name}T")()
        for key, value in op.options.items():
            assert hasattr(options, key), f"{name} has no option {key}"
            setattr(options, key, getattr(_ENUMS[key], value) if key in _ENUMS else value)
        made.builtinOptionsType = getattr(schema.BuiltinOptions, name)
        made.builtinOptions = options
    return made


def _signature(graph: Graph, index: dict[str, int]) -> Any:
    def entries(names: list[str]) -> list[Any]:
        made = []
        for name in names:
            entry = schema.TensorMapT()
            entry.name, entry.tensorIndex = graph.ports[name], index[name]
            made.append(entry)
        return made

    signature = schema.SignatureDefT()
    signature.signatureKey = "serving_default"
    signature.inputs, signature.outputs = entries(graph.inputs), entries(graph.outputs)
    return signature
