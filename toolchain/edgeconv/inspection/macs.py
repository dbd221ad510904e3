"""Multiply-accumulates of one op, from its tensor shapes alone; 0 for an op without them or with open sizes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from edgeconv.core.summary import TensorInfo

_Inputs = Sequence[TensorInfo | None]
_Rule = Callable[[_Inputs, TensorInfo, Mapping[str, Any]], int]


def macs_of(op: str, inputs: _Inputs, outputs: Sequence[TensorInfo], attributes: Mapping[str, Any]) -> int:
    rule = _RULES.get(op)
    needed = _OPERANDS.get(op, (0, 1))
    if rule is None or not outputs or len(inputs) <= max(needed):
        return 0
    operands = [inputs[i] for i in needed]
    if any(t is None or not t.shape or min(t.shape) < 0 for t in (*operands, outputs[0])):
        return 0
    return rule(operands, outputs[0], attributes)


def _shape(tensor: TensorInfo | None) -> tuple[int, ...]:
    return tensor.shape if tensor is not None else ()


def _per_output(first: int, last: int | None) -> _Rule:
    """Each output element takes prod(weights.shape[first:last]) products."""
    return lambda inputs, output, _: output.elements * math.prod(_shape(inputs[1])[first:last])


def _per_input(spread: Callable[[tuple[int, ...]], int]) -> _Rule:
    """Each input element is spread over that many products (transposed convolution)."""
    return lambda inputs, _, __: math.prod(_shape(inputs[0])) * spread(_shape(inputs[1]))


def _matmul(transposed: str) -> _Rule:
    def rule(inputs: _Inputs, output: TensorInfo, attributes: Mapping[str, Any]) -> int:
        left = _shape(inputs[0])
        return output.elements * (left[-2] if attributes.get(transposed) and len(left) > 1 else left[-1])

    return rule


_RULES: dict[str, _Rule] = {
    # TFLite; filters are O,H,W,I (depthwise 1,H,W,C; 3D D,H,W,I,O)
    "CONV_2D": _per_output(1, None),
    "DEPTHWISE_CONV_2D": _per_output(1, 3),
    "FULLY_CONNECTED": _per_output(-1, None),
    "CONV_3D": _per_output(0, -1),
    "TRANSPOSE_CONV": _per_input(lambda w: math.prod(w[:3])),
    "BATCH_MATMUL": _matmul("adj_x"),
    # ONNX; filters are O,I/group,spatial (transposed: I,O/group,spatial)
    "Conv": _per_output(1, None),
    "ConvInteger": _per_output(1, None),
    "QLinearConv": _per_output(1, None),
    "ConvTranspose": _per_input(lambda w: math.prod(w[1:])),
    "Gemm": _matmul("transA"),
    "MatMul": _matmul(""),
    "MatMulInteger": _matmul(""),
    "QLinearMatMul": _matmul(""),
}

# Positions of data and weights where they are not the first two inputs.
_OPERANDS = {"TRANSPOSE_CONV": (2, 1), "QLinearConv": (0, 3), "QLinearMatMul": (0, 4)}
