"""An ONNX file written weight by weight: a ModelProto in memory would hold every weight three times."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from edgeconv.core.layout import Array

_GRAPH, _INITIALIZER = 7, 5
"""Field numbers of ModelProto.graph and GraphProto.initializer (onnx.proto)."""


def write_model(path: Path, model: onnx.ModelProto, weights: Mapping[str, Array]) -> None:
    """Write `model`, whose graph holds no initializers, with `weights` as its initializers, in their order.

    Relies on protobuf's wire format: a repeated field may follow the rest of its message, entry by entry.
    """
    heads = [_head(name, array) for name, array in weights.items()]
    sizes = [len(head) + array.nbytes for head, array in zip(heads, weights.values(), strict=True)]
    rest = onnx.ModelProto()
    rest.CopyFrom(model)
    rest.ClearField("graph")
    graph = model.graph.SerializeToString(deterministic=True)
    tag = _varint(_INITIALIZER << 3 | 2)
    length = len(graph) + sum(len(tag) + len(_varint(size)) + size for size in sizes)
    with path.open("wb") as file:
        file.write(rest.SerializeToString(deterministic=True))
        file.write(_varint(_GRAPH << 3 | 2) + _varint(length) + graph)
        for head, array, size in zip(heads, weights.values(), sizes, strict=True):
            file.write(tag + _varint(size) + head)
            file.write(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)


def total_bytes(model: onnx.ModelProto, weights: Mapping[str, Array]) -> int:
    """About how large the file will be."""
    return int(model.ByteSize()) + sum(a.nbytes + 64 + len(n) for n, a in weights.items())


def _head(name: str, array: Array) -> bytes:
    """A TensorProto up to and with the length of its raw_data, which comes last."""
    if array.dtype.byteorder == ">":
        raise ValueError(f"'{name}' is big-endian; raw_data is little-endian")
    proto = numpy_helper.from_array(np.zeros(0, array.dtype), name)
    proto.ClearField("raw_data")
    del proto.dims[:]
    proto.dims.extend(array.shape)
    assert math.prod(array.shape) == array.size
    raw = onnx.TensorProto.RAW_DATA_FIELD_NUMBER << 3 | 2
    return bytes(proto.SerializeToString(deterministic=True)) + _varint(raw) + _varint(array.nbytes)


def _varint(number: int) -> bytes:
    """Base 128, least significant group first."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)
