"""Ops and models made by hand, in one line each."""

from __future__ import annotations

from typing import Any

from edgeconv.core.summary import ModelSummary, OpInfo, TensorInfo


def tensor(
    *shape: int, dtype: str = "int8", name: str = "", constant: bool = False, scale: float = 0.1, zero: int = 0
) -> TensorInfo:
    quantized = dtype in ("int8", "uint8")
    name = name or f"{dtype}{'const' if constant else ''}{list(shape)}"
    return TensorInfo(name, shape, dtype, constant, (scale,) if quantized else (), (zero,) if quantized else ())


def const(*shape: int, dtype: str = "int8", scale: float = 0.1) -> TensorInfo:
    return tensor(*shape, dtype=dtype, constant=True, scale=scale)


def make_op(
    name: str, inputs: list[TensorInfo | None], outputs: list[TensorInfo], version: int = 1, **attributes: Any
) -> OpInfo:
    return OpInfo(0, name, outputs[0].name, version, tuple(inputs), tuple(outputs), attributes)


def unary(name: str, *shape: int, dtype: str = "int8", version: int = 1, **attributes: Any) -> OpInfo:
    """An op with one input and one output of the same shape and type."""
    ends = [tensor(*shape, dtype=dtype, name=n) for n in ("x", "y")]
    return make_op(name, ends[:1], ends[1:], version, **attributes)


def conv(*shape: int, dtype: str = "int8", **attributes: Any) -> OpInfo:
    bias = const(shape[-1], dtype="int32" if dtype == "int8" else dtype)
    weights = const(shape[-1], 3, 3, shape[-1], dtype=dtype)
    ends = [tensor(*shape, dtype=dtype, name=n) for n in ("x", "y")]
    return make_op("CONV_2D", [ends[0], weights, bias], ends[1:], 3, **attributes)


def model(*ops: OpInfo, chain: bool = True) -> ModelSummary:
    """A file with these ops; chained, each one reads what the one before wrote."""
    linked: list[OpInfo] = []
    for index, op in enumerate(ops):
        inputs, outputs = list(op.inputs), list(op.outputs)
        if chain:
            if index:
                inputs[0] = linked[-1].outputs[0]
            outputs[0] = TensorInfo(**{**vars(outputs[0]), "name": f"t{index}"})
        linked.append(
            OpInfo(index, op.op, outputs[0].name, op.version, tuple(inputs), tuple(outputs), op.attributes, op.macs)
        )
    first = linked[0].inputs[0] if linked else None
    last = linked[-1].outputs if linked else ()
    return ModelSummary("m.tflite", "tflite", 1000, tuple(linked), (first,) if first else (), last)
