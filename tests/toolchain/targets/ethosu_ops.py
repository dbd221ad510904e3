"""Some hundred single int8 operators in one .tflite file: what Vela is asked, operator by operator.

The operators share nothing, so one run of Vela judges all of them. Each output tensor is called after its case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Const:
    """A constant input: a filter of small numbers, or the given integers."""

    shape: Shape
    dtype: str = "int8"
    values: Any = None


@dataclass(frozen=True)
class Data:
    """A run-time input."""

    shape: Shape
    dtype: str = "int8"
    scale: float = 0.05


@dataclass(frozen=True)
class Single:
    """One operator; `options` are attributes of the schema's options table, enums by name."""

    kind: str
    inputs: Sequence[Const | Data]
    output: Shape
    table: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    dtype: str = "int8"
    scale: float = 0.05
    zero: int = 0
    outputs: int = 1
    custom: str = ""
    """Code of a CUSTOM operator."""


_ENUMS = {"padding": schema.Padding, "fusedActivationFunction": schema.ActivationFunctionType,
          "mode": schema.MirrorPadMode}  # fmt: skip


class _Writer:
    def __init__(self) -> None:
        self.model, self.graph = schema.ModelT(), schema.SubGraphT()
        self.model.version, self.model.buffers = 3, [schema.BufferT()]
        self.model.operatorCodes, self.model.subgraphs = [], [self.graph]
        self.graph.tensors, self.graph.operators, self.graph.inputs, self.graph.outputs = [], [], [], []

    def tensor(self, name: str, what: Const | Data) -> int:
        made = schema.TensorT()
        made.name, made.shape, made.buffer = name, np.array(what.shape, np.int32), 0
        made.type = getattr(schema.TensorType, what.dtype.upper())
        if isinstance(what, Const):
            buffer = schema.BufferT()
            filled = np.ones(what.shape) if what.values is None else np.array(what.values).reshape(what.shape)
            buffer.data = filled.astype(what.dtype).reshape(-1).view(np.uint8)
            made.buffer = len(self.model.buffers)
            self.model.buffers.append(buffer)
        if what.dtype in ("int8", "uint8", "int16") or (isinstance(what, Const) and what.values is None):
            quant = schema.QuantizationParametersT()
            quant.scale = np.array([getattr(what, "scale", 0.02)], np.float32)
            quant.zeroPoint = np.array([0], np.int64)
            made.quantization = quant
        self.graph.tensors.append(made)
        return len(self.graph.tensors) - 1

    def add(self, name: str, case: Single) -> None:
        op = schema.OperatorT()
        op.inputs = [self.tensor(f"{name}/{i}", what) for i, what in enumerate(case.inputs)]
        self.graph.inputs += [i for i, what in zip(op.inputs, case.inputs, strict=True) if isinstance(what, Data)]
        ends = [name, *(f"{name}/out{i}" for i in range(1, case.outputs))]
        op.outputs = [self.tensor(end, Data(case.output, case.dtype, case.scale)) for end in ends]
        for end in op.outputs:
            quant = self.graph.tensors[end].quantization
            if quant is not None:
                quant.zeroPoint = np.array([case.zero], np.int64)
        self.graph.outputs += op.outputs
        if case.table:
            op.builtinOptionsType = getattr(schema.BuiltinOptions, case.table)
            op.builtinOptions = getattr(schema, case.table + "T")()
            for key, value in case.options.items():
                setattr(op.builtinOptions, key, getattr(_ENUMS[key], value) if key in _ENUMS else value)
        code = schema.OperatorCodeT()
        code.builtinCode = getattr(schema.BuiltinOperator, case.kind)
        code.deprecatedBuiltinCode, code.version = min(code.builtinCode, 127), 1
        code.customCode = case.custom or None
        op.opcodeIndex = len(self.model.operatorCodes)
        self.model.operatorCodes.append(code)
        self.graph.operators.append(op)


def write(cases: Mapping[str, Single]) -> bytes:
    """One file with all the cases, in order."""
    writer = _Writer()
    for name, case in cases.items():
        writer.add(name, case)
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(writer.model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
