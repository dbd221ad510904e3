"""ONNX models of any size to disk: protobuf ends at 2 GiB, and from there weights lie in a file beside."""

from __future__ import annotations

import math
from pathlib import Path

import onnx
from onnx.external_data_helper import load_external_data_for_model, set_external_data

LIMIT = 2**31 - 1
SMALL = 1024
"""Bytes below which a tensor stays in the file: shapes are read from there."""


def save_onnx(model: onnx.ModelProto, path: Path, limit: int = LIMIT) -> None:
    """Write a model; its weights go into '<name>.data' beside it when they hold `limit` bytes or more."""
    sizes = {t.name: math.prod(t.dims) * _bytes(t) for t in model.graph.initializer}
    if sum(sizes.values()) < limit:
        onnx.save(model, path)
        return
    # Not by onnx.save(..., location=): that refuses a name that also lies in the current folder.
    for tensor in model.graph.initializer:
        if sizes[tensor.name] > SMALL and tensor.HasField("raw_data"):
            set_external_data(tensor, f"{path.name}.data")
    onnx.save(model, path)
    load_external_data_for_model(model, str(path.parent))  # what was written has been cleared


def _bytes(tensor: onnx.TensorProto) -> int:
    return int(onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize)
