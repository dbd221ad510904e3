"""Reads a TFLite file from its flatbuffer, without an interpreter and without copying weights."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ai_edge_litert.schema_py_generated as schema
import numpy as np

from edgeconv.core.errors import UsageError
from edgeconv.core.summary import ModelSummary, OpInfo, TensorInfo
from edgeconv.inspection.macs import macs_of
from edgeconv.inspection.tflite_options import (
    BUILTIN_OPS,
    READS_CONSTANTS,
    TENSOR_TYPES,
    Array,
    builtin_options,
    constant_options,
)

_INTEGERS = ("int8", "uint8", "int16", "int32", "int64")
_BROKEN = (struct.error, IndexError, KeyError, TypeError, ValueError, OverflowError)
"""What reading a damaged flatbuffer raises: offsets and counts that point out of the file."""


def read_tflite(data: bytes, path: Path) -> ModelSummary:
    """Read a file that carries the TFL3 identifier; `data` is its whole content."""
    try:
        return _File(data).summary(path)
    except _BROKEN as error:
        detail = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UsageError(
            f"'{path}' is a damaged TFLite model ({detail}).", hint="the file is truncated or was changed; get it again"
        ) from error


@dataclass(frozen=True)
class _Subgraph:
    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    ops: tuple[OpInfo, ...]
    unused: tuple[TensorInfo, ...]


class _File:
    def __init__(self, data: bytes) -> None:
        self._size = len(data)
        self._model = schema.Model.GetRootAs(data, 0)
        self._buffers = [self._buffer(b) for b in self._items(self._model.BuffersLength(), self._model.Buffers)]
        self._codes = [self._code(c) for c in self._items(self._model.OperatorCodesLength(), self._model.OperatorCodes)]

    def summary(self, path: Path) -> ModelSummary:
        count = self._model.SubgraphsLength()
        if count == 0:
            raise ValueError("it holds no subgraph")
        parts: list[_Subgraph] = []
        for number, graph in enumerate(self._items(count, self._model.Subgraphs)):
            parts.append(self._subgraph(graph, number, sum(len(p.ops) for p in parts)))
        return ModelSummary(
            path=str(path),
            format="tflite",
            bytes=self._size,
            ops=tuple(op for part in parts for op in part.ops),
            inputs=parts[0].inputs,
            outputs=parts[0].outputs,
            shape_helpers=tuple(t for part in parts for t in part.unused),
        )

    def _items(self, count: int, get: Any) -> Iterator[Any]:
        if not 0 <= 4 * count <= self._size:
            raise ValueError(f"it announces {count} entries in {self._size} bytes")
        return (get(i) for i in range(count))

    @staticmethod
    def _buffer(buffer: Any) -> Array | None:
        """A view on the weights, None where there are none; empty where they lie outside the flatbuffer."""
        if buffer.DataLength() > 0:
            data: Array = buffer.DataAsNumpy()
            return data
        return np.empty(0, np.uint8) if buffer.Offset() > 1 else None

    @staticmethod
    def _code(code: Any) -> tuple[str, int, str | None]:
        number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
        name = BUILTIN_OPS.get(number, f"BUILTIN_{number}")
        custom = code.CustomCode()
        if name != "CUSTOM" or custom is None:
            return name, code.Version(), None
        return custom.decode("utf-8", "replace"), code.Version(), custom.decode("utf-8", "replace")

    def _subgraph(self, graph: Any, number: int, first_index: int) -> _Subgraph:
        operators = list(self._items(graph.OperatorsLength(), graph.Operators))
        wiring = [(self._ints(o.InputsAsNumpy()), self._ints(o.OutputsAsNumpy())) for o in operators]
        ends = self._ints(graph.InputsAsNumpy()), self._ints(graph.OutputsAsNumpy())
        produced = {i for _, outputs in wiring for i in outputs}
        fed = {i for inputs, _ in wiring for i in inputs} - produced - set(ends[0])
        raw = list(self._items(graph.TensorsLength(), graph.Tensors))
        tensors = self._tensors(raw, fed, f"subgraph {number}: " if number else "")
        used = produced | fed | set(ends[0]) | set(ends[1])

        def pick(index: int) -> TensorInfo:
            if index < 0:
                raise IndexError("a tensor index is negative")
            return tensors[index]

        ops = []
        for index, (operator, (inputs, outputs)) in enumerate(zip(operators, wiring, strict=True)):
            op, version, custom = self._codes[operator.OpcodeIndex()]
            given = tuple(None if i == -1 else pick(i) for i in inputs)
            made = tuple(pick(i) for i in outputs)
            constants = [self._constant(raw, tensors, i) for i in inputs] if op in READS_CONSTANTS else []
            attributes = {
                **builtin_options(operator),
                **constant_options(op, constants, given),
                **({"custom_code": custom} if custom is not None else {}),
                **({"subgraph": number} if number else {}),
            }
            name = made[0].name if made else f"{op}_{first_index + index}"
            macs = macs_of(op, given, made, attributes)
            ops.append(OpInfo(first_index + index, op, name, version, given, made, attributes, macs))
        return _Subgraph(
            tuple(pick(i) for i in ends[0]),
            tuple(pick(i) for i in ends[1]),
            tuple(ops),
            tuple(t for i, t in enumerate(tensors) if i not in used),
        )

    @staticmethod
    def _ints(vector: Any) -> list[int]:
        return [] if isinstance(vector, int) else [int(v) for v in vector]

    def _tensors(self, raw: list[Any], fed: set[int], prefix: str) -> list[TensorInfo]:
        """Tensor names are made unique: TFLite allows equal and empty names, a summary does not."""
        names: set[str] = set()
        found = []
        for index, tensor in enumerate(raw):
            name = prefix + (tensor.Name() or b"").decode("utf-8", "replace")
            if name in names or name == prefix:
                name = f"{name or 'tensor'}#{index}"
            names.add(name)
            quantization = tensor.Quantization()
            shape = self._ints(tensor.ShapeSignatureAsNumpy()) or self._ints(tensor.ShapeAsNumpy())
            has_data = self._buffers[tensor.Buffer()] is not None if self._buffers else False
            found.append(
                TensorInfo(
                    name=name,
                    shape=tuple(shape),
                    dtype=TENSOR_TYPES.get(tensor.Type(), f"type{tensor.Type()}"),
                    constant=has_data or (index in fed and not tensor.IsVariable()),
                    scales=() if quantization is None else self._numbers(quantization.ScaleAsNumpy()),
                    zero_points=() if quantization is None else self._numbers(quantization.ZeroPointAsNumpy()),
                )
            )
        return found

    @staticmethod
    def _numbers(vector: Any) -> tuple[Any, ...]:
        return () if isinstance(vector, int) else tuple(vector.tolist())

    def _constant(self, raw: list[Any], tensors: list[TensorInfo], index: int) -> Array | None:
        """Data of a constant that lies whole in the file and is of a plain integer type."""
        if index < 0:
            return None
        info, data = tensors[index], self._buffers[raw[index].Buffer()]
        if data is None or info.dtype not in _INTEGERS:
            return None
        if data.size != math.prod(info.shape) * np.dtype(info.dtype).itemsize or min(info.shape, default=1) < 0:
            return None
        plain: Array = data.view(info.dtype).reshape(info.shape)
        return plain
