"""Inputs and weights of an ONNX file that no clip can be: told before anything else is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import onnx

from edgeconv.core.errors import ModelError
from edgeconv.sources.onnx_static import declared_shape

LARGEST = 2**31
"""Elements of one tensor; runtimes index them with 32 bits."""
_Types = onnx.TensorProto
KNOWN = frozenset({
    _Types.FLOAT, _Types.FLOAT16, _Types.DOUBLE, _Types.BOOL,
    _Types.INT8, _Types.INT16, _Types.INT32, _Types.INT64,
    _Types.UINT8, _Types.UINT16, _Types.UINT32, _Types.UINT64,
})  # fmt: skip
"""Element types that the lowering computes with."""


def inputs_proper(model: onnx.ModelProto) -> list[onnx.ValueInfoProto]:
    """The inputs without the weights; old exporters list those among them."""
    weights = {t.name for t in model.graph.initializer}
    return [i for i in model.graph.input if i.name not in weights]


def refuse_inputs(model: onnx.ModelProto, text: str) -> None:
    """Refuse inputs that are no tensors, have no rank, are too large or of a type nobody computes with.

    Weights of such a type too.

    Raises:
        ModelError: with every reason.
    """
    inputs = inputs_proper(model)
    if not inputs:
        raise ModelError(f"'{text}' has no input")
    reasons = [f"input '{value.name}' {why}" for value in inputs for why in _input(value)]
    reasons += [
        f"weight '{t.name}' holds {_name(t.data_type)}" for t in model.graph.initializer if t.data_type not in KNOWN
    ]
    if reasons:
        hint = "export the network for float32 clips of a fixed shape, such as [1, 3, 16, 112, 112]"
        raise ModelError(f"'{text}' takes what cannot be lowered", reasons=reasons, hint=hint)


def _input(value: onnx.ValueInfoProto) -> Iterator[str]:
    kind = value.type.WhichOneof("value")
    if kind != "tensor_type":
        yield f"is a {(kind or 'value of no type').removesuffix('_type').replace('_', ' ')}, not a tensor"
        return
    tensor = value.type.tensor_type
    if tensor.elem_type not in KNOWN:
        yield f"holds {_name(tensor.elem_type)}"
    if not tensor.HasField("shape"):
        yield "has no shape, not even a rank"
        return
    sizes = [s for s in declared_shape(value) if isinstance(s, int)]
    if prod(sizes) >= LARGEST:
        yield f"{declared_shape(value)} has 2^31 elements or more"


def _name(kind: int) -> str:
    return "strings" if kind == _Types.STRING else _Types.DataType.Name(kind).lower()
