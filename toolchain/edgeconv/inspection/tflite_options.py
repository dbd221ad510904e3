"""Options of TFLite ops as plain Python: builtin options, and small constant inputs that act as options."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import ai_edge_litert.schema_py_generated as schema
import numpy as np

from edgeconv.core.summary import TensorInfo

Array = np.ndarray[Any, Any]


def names_of(enum: type) -> dict[int, str]:
    return {value: name for name, value in vars(enum).items() if isinstance(value, int)}


BUILTIN_OPS = names_of(schema.BuiltinOperator)
TENSOR_TYPES = {value: name.lower() for value, name in names_of(schema.TensorType).items()}

_OPTIONS = names_of(schema.BuiltinOptions)
_OPTIONS_2 = names_of(schema.BuiltinOptions2)
_ENUMS: dict[str, dict[int, str]] = {
    "padding": names_of(schema.Padding),
    "fused_activation_function": names_of(schema.ActivationFunctionType),
    "weights_format": names_of(schema.FullyConnectedOptionsWeightsFormat),
    "mode": names_of(schema.MirrorPadMode),
    "kernel_type": names_of(schema.LSTMKernelType),
    **dict.fromkeys(("quantized_bias_type", "in_data_type", "out_data_type", "out_type", "idx_out_type"), TENSOR_TYPES),
}

_REDUCERS = ("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD", "REDUCE_ANY", "REDUCE_ALL")
_PARAMETERS: dict[str, dict[int, str]] = {
    **{op: {1: "axes"} for op in _REDUCERS},
    **{op: {1: "paddings"} for op in ("PAD", "PADV2", "MIRROR_PAD")},
    **{op: {1: "size"} for op in ("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR")},
    **{op: {1: "axis"} for op in ("ARG_MAX", "ARG_MIN", "EXPAND_DIMS")},
    "STRIDED_SLICE": {1: "begin", 2: "end", 3: "strides"},
    "SLICE": {1: "begin", 2: "size"},
    "TRANSPOSE": {1: "perm"},
    "RESHAPE": {1: "new_shape"},
    "SPLIT": {0: "axis"},
    "SPLIT_V": {1: "size_splits", 2: "axis"},
    "TILE": {1: "multiples"},
    "BROADCAST_TO": {1: "shape"},
    "TRANSPOSE_CONV": {0: "output_shape"},
}
READS_CONSTANTS = frozenset(_PARAMETERS) | {"CONCATENATION"}
"""Ops whose constant inputs :func:`constant_options` looks at."""


def builtin_options(operator: Any) -> dict[str, Any]:
    """The options table of an operator, by lower-snake-case schema names, enums by name."""
    for kind, names, table in (
        (operator.BuiltinOptionsType(), _OPTIONS, operator.BuiltinOptions),
        (operator.BuiltinOptions2Type(), _OPTIONS_2, operator.BuiltinOptions2),
    ):
        name, options = names.get(kind, "NONE"), table()
        if name == "NONE" or options is None:
            continue
        view = getattr(schema, name)()
        view.Init(options.Bytes, options.Pos)
        fields = vars(getattr(schema, name + "T").InitFromObj(view))
        return {_snake(field): _value(_snake(field), value) for field, value in fields.items() if value is not None}
    return {}


def constant_options(op: str, constants: Sequence[Array | None], inputs: Sequence[TensorInfo | None]) -> dict[str, Any]:
    """What small constant inputs say about how the op works: axes, paddings, strides, permutation, ..."""
    if op == "CONCATENATION":  # some devices take a constant only if it is all zeros
        zeros = tuple(i for i, data in enumerate(constants) if data is not None and _all_zero(data, inputs[i]))
        return {"zero_constants": zeros} if zeros else {}
    found = {}
    for position, name in _PARAMETERS.get(op, {}).items():
        data = constants[position] if position < len(constants) else None
        if data is not None:
            found[name] = data.item() if name == "axis" and data.size == 1 else _tuple(np.atleast_1d(data).tolist())
    return found


def _all_zero(data: Array, tensor: TensorInfo | None) -> bool:
    zero = tensor.zero_points[0] if tensor is not None and tensor.zero_points else 0
    return bool((data == zero).all())


def _value(name: str, value: Any) -> Any:
    if name in _ENUMS and isinstance(value, int) and not isinstance(value, bool):
        return _ENUMS[name].get(value, value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, np.ndarray):
        return _tuple(value.tolist())
    return _tuple(value)


def _tuple(value: Any) -> Any:
    return tuple(_tuple(v) for v in value) if isinstance(value, list) else value


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
