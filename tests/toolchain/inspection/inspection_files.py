"""Tiny TFLite files written with the schema's object API: no converter, no TensorFlow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ai_edge_litert.schema_py_generated as schema
import flatbuffers
import numpy as np


class FileBuilder:
    """Collects tensors and ops of one subgraph; :meth:`write` makes the file."""

    def __init__(self) -> None:
        self.model = schema.ModelT()
        self.model.version = 3
        self.model.buffers = [schema.BufferT()]
        self.model.operatorCodes = []
        self.graph = schema.SubGraphT()
        self.graph.tensors, self.graph.operators, self.graph.inputs, self.graph.outputs = [], [], [], []
        self.model.subgraphs = [self.graph]

    def tensor(
        self,
        name: str,
        shape: tuple[int, ...],
        dtype: str = "INT8",
        *,
        data: Any = None,
        signature: tuple[int, ...] | None = None,
        scale: float | None = None,
        zero_point: int = 0,
    ) -> int:
        made = schema.TensorT()
        made.name, made.shape, made.type = name, list(shape), getattr(schema.TensorType, dtype)
        made.shapeSignature = list(signature) if signature else None
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.asarray(data).tobytes(), np.uint8)
            made.buffer = len(self.model.buffers)
            self.model.buffers.append(buffer)
        if scale is not None:
            made.quantization = schema.QuantizationParametersT()
            made.quantization.scale, made.quantization.zeroPoint = [scale], [zero_point]
        self.graph.tensors.append(made)
        return len(self.graph.tensors) - 1

    def op(
        self,
        name: str,
        inputs: list[int],
        outputs: list[int],
        *,
        version: int = 1,
        options: Any = None,
    ) -> None:
        code, operator = schema.OperatorCodeT(), schema.OperatorT()
        known = vars(schema.BuiltinOperator).get(name)
        code.builtinCode = known if known is not None else schema.BuiltinOperator.CUSTOM
        code.deprecatedBuiltinCode = min(code.builtinCode, 127)
        code.customCode = None if known is not None else name
        code.version = version
        self.model.operatorCodes.append(code)
        operator.opcodeIndex = len(self.model.operatorCodes) - 1
        operator.inputs, operator.outputs = inputs, outputs
        if options is not None:
            operator.builtinOptions = options
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, type(options).__name__.removesuffix("T"))
        self.graph.operators.append(operator)

    def write(self, path: Path, inputs: list[int], outputs: list[int]) -> Path:
        self.graph.inputs, self.graph.outputs = inputs, outputs
        builder = flatbuffers.Builder(1024)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        path.write_bytes(bytes(builder.Output()))
        return path


def conv_file(path: Path) -> Path:
    """int8 CONV_2D 3×3, stride 2, with RELU: [1, 8, 8, 4] -> [1, 4, 4, 16]."""
    f = FileBuilder()
    x = f.tensor("clip", (1, 8, 8, 4), scale=0.5, zero_point=3)
    w = f.tensor("weights", (16, 3, 3, 4), data=np.ones((16, 3, 3, 4), np.int8), scale=0.25)
    b = f.tensor("bias", (16,), "INT32", data=np.zeros(16, np.int32), scale=0.125)
    y = f.tensor("features", (1, 4, 4, 16), scale=0.75)
    options = schema.Conv2DOptionsT()
    options.padding, options.strideW, options.strideH = schema.Padding.SAME, 2, 2
    options.fusedActivationFunction = schema.ActivationFunctionType.RELU
    f.op("CONV_2D", [x, w, b], [y], version=3, options=options)
    return f.write(path, [x], [y])
