"""int8 operators in numpy, after the TFLite 8-bit specification: whole accumulators, then one rounding.

Inputs are dequantized exactly, the operator is computed in float64 (products and sums of integers in int32), and the
result is rounded half away from zero, once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import numpy as np
from tflite_graphs import Array, quant_of

from edgeconv.tflite import Graph, Op, Quant

WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV")


def reference(graph: Graph, *inputs: Array) -> Array:
    """The first output of an int8 graph without QUANTIZE."""
    values = dict(zip(graph.inputs, inputs, strict=True))
    values |= {n: t.data for n, t in graph.tensors.items() if t.data is not None}
    for op in graph.ops:
        values[op.outputs[0]] = one(graph, op, [values[i] for i in op.inputs])
    return values[graph.outputs[0]]


def one(graph: Graph, op: Op, given: list[Array]) -> Array:
    """The output of one operator for the integers it is given."""
    if graph.tensors[op.outputs[0]].dtype == "bool":
        return np.asarray(real_of(graph, op, given, 0) > real_of(graph, op, given, 1))
    out = quant_of(graph, op.outputs[0])
    if op.kind in WEIGHTED:
        return _store(_weighted(graph, op, given), out, op)
    if op.kind in _REAL:
        floats = [i for i, n in enumerate(op.inputs) if graph.tensors[n].quant is not None]
        reals = [real_of(graph, op, given, i) if i in floats else given[i] for i in range(len(given))]
        return _store(_REAL[op.kind](*reals, **_options(op)), out, op)
    return _moved(op, given, out.zero_points[0])


def real_of(graph: Graph, op: Op, given: list[Array], i: int) -> Array:
    quant = quant_of(graph, op.inputs[i])
    return (given[i].astype(np.float64) - quant.zero_points[0]) * np.float64(np.float32(quant.scales[0]))


def _options(op: Op) -> Mapping[str, Any]:
    return {k: v for k, v in op.options.items() if k != "fusedActivationFunction"}


def _softmax(x: Array, beta: float = 1.0) -> Array:
    powers = np.exp(beta * (x - x.max(-1, keepdims=True)))
    return np.asarray(powers / powers.sum(-1, keepdims=True))


def _gelu(x: Array, approximate: bool) -> Array:
    if approximate:
        return np.asarray(x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))))
    return np.asarray(x / 2 * (1 + np.vectorize(math.erf)(x / math.sqrt(2))))


def _resized(x: Array, size: Array, alignCorners: bool, halfPixelCenters: bool) -> Array:
    for axis, count in ((1, int(size[0])), (2, int(size[1]))):
        have = x.shape[axis]
        scale = (have - 1) / (count - 1) if alignCorners and count > 1 else have / count
        at = np.arange(count) * scale
        if halfPixelCenters:
            at = (np.arange(count) + 0.5) * scale - 0.5
        low = np.clip(np.floor(at).astype(int), 0, have - 1)
        high = np.clip(np.ceil(at).astype(int), 0, have - 1)
        share = np.clip(at - low, 0, 1).reshape([-1 if i == axis else 1 for i in range(4)])
        x = x.take(low, axis) * (1 - share) + x.take(high, axis) * share
    return x


def _product(a: Array, b: Array, adjX: bool, adjY: bool) -> Array:
    assert not adjX
    return a @ (b.swapaxes(-1, -2) if adjY else b)


_REAL: dict[str, Callable[..., Array]] = {
    "ABS": np.abs,
    "ADD": np.add,
    "BATCH_MATMUL": _product,
    "ELU": lambda x: np.where(x > 0, x, np.expm1(x)),
    "EXP": np.exp,
    "GELU": _gelu,
    "HARD_SWISH": lambda x: x * np.clip(x + 3, 0, 6) / 6,
    "LEAKY_RELU": lambda x, alpha: np.where(x > 0, x, np.float64(np.float32(alpha)) * x),
    "LOGISTIC": lambda x: 1 / (1 + np.exp(-x)),
    "LOG_SOFTMAX": lambda x: np.log(_softmax(x)),
    "MAXIMUM": np.maximum,
    "MEAN": lambda x, axes, keepDims: x.mean(tuple(axes), keepdims=keepDims),
    "MINIMUM": np.minimum,
    "MUL": np.multiply,
    "PRELU": lambda x, slope: np.where(x > 0, x, slope * x),
    "REDUCE_PROD": lambda x, axes, keepDims: x.prod(tuple(axes), keepdims=keepDims),
    "RELU": lambda x: np.maximum(x, 0),
    "RELU6": lambda x: np.clip(x, 0, 6),
    "RESIZE_BILINEAR": _resized,
    "RSQRT": lambda x: 1 / np.sqrt(np.maximum(x, 1e-30)),
    "SOFTMAX": _softmax,
    "SUB": np.subtract,
    "SUM": lambda x, axes, keepDims: x.sum(tuple(axes), keepdims=keepDims),
    "TANH": np.tanh,
}  # fmt: skip


def _moved(op: Op, given: list[Array], zero: int) -> Array:
    if op.kind == "CONCATENATION":
        return np.concatenate(given, op.options["axis"])
    if op.kind == "RESHAPE":
        return given[0].reshape(given[1])
    if op.kind == "TRANSPOSE":
        return given[0].transpose(given[1])
    if op.kind == "SELECT_V2":
        return np.where(*given)
    if op.kind in ("REDUCE_MAX", "REDUCE_MIN"):
        return getattr(given[0], op.kind[-3:].lower())(tuple(given[1]), keepdims=True)
    if op.kind == "STRIDED_SLICE":
        return given[0][tuple(slice(a, b) for a, b in zip(given[1], given[2], strict=True))]
    if op.kind == "MIRROR_PAD":
        return np.pad(given[0], given[1], mode="reflect")
    if op.kind in ("PAD", "PADV2"):
        fill = zero if op.kind == "PAD" else int(given[2])
        return np.pad(given[0], given[1], constant_values=fill)
    assert op.kind == "MAX_POOL_2D", op.kind
    return np.stack([p for p, _ in _windows(op, given[0], (op.options["filterHeight"], op.options["filterWidth"]), -128)
                     ]).max(0)  # fmt: skip


def _weighted(graph: Graph, op: Op, given: list[Array]) -> Array:
    """Whole int32 sums, times the scales of input and weight."""
    at = (2, 1, 3) if op.kind == "TRANSPOSE_CONV" else (0, 1, 2)
    x, weight = quant_of(graph, op.inputs[at[0]]), quant_of(graph, op.inputs[at[1]])
    data, filters, bias = (given[i].astype(np.int32) for i in at)
    acc = _accumulate(op, data - x.zero_points[0], filters, tuple(given[0]) if len(at) == len(given) - 1 else ()) + bias
    assert acc.dtype == np.int32
    return acc * (np.asarray(np.float32(weight.scales), np.float64) * np.float64(np.float32(x.scales[0])))


def _accumulate(op: Op, x: Array, weight: Array, size: tuple[int, ...]) -> Array:
    if op.kind == "FULLY_CONNECTED":
        return x @ weight.T
    if op.kind == "TRANSPOSE_CONV":
        return _scattered(op, x, weight, size)
    pieces = _windows(op, x, weight.shape[1:3], 0)
    if op.kind == "CONV_2D":
        groups = x.shape[3] // weight.shape[3]
        return sum((_grouped(p, weight[:, i, j], groups) for p, (i, j) in pieces), np.int32(0))  # type: ignore[arg-type]
    times = weight.shape[3] // x.shape[3]
    return sum((p.repeat(times, 3) * weight[0, i, j] for p, (i, j) in pieces), np.int32(0))  # type: ignore[arg-type]


def _grouped(x: Array, weight: Array, groups: int) -> Array:
    """[..., C] times [O, C / groups]."""
    pieces = zip(np.split(x, groups, -1), np.split(weight, groups), strict=True)
    return np.concatenate([a @ b.T for a, b in pieces], -1)


def _scattered(op: Op, x: Array, weight: Array, size: tuple[int, ...]) -> Array:
    """Each input element adds its kernel to the output; SAME crops its overhang, the smaller half first."""
    stride = op.options["strideH"], op.options["strideW"]
    whole = [(n - 1) * s + k for n, s, k in zip(x.shape[1:3], stride, weight.shape[1:3], strict=True)]
    before = [
        max(0, w - n) // 2 if op.options["padding"] == "SAME" else 0 for w, n in zip(whole, size[1:3], strict=True)
    ]
    held = [max(w, b + n) for w, b, n in zip(whole, before, size[1:3], strict=True)]
    out = np.zeros((size[0], *held, size[3]), np.int32)
    for i, j in product(range(weight.shape[1]), range(weight.shape[2])):
        rows, columns = (
            slice(at, at + (n - 1) * s + 1, s) for at, n, s in zip((i, j), x.shape[1:3], stride, strict=True)
        )
        out[:, rows, columns] += x @ weight[:, i, j].T
    return out[:, before[0] : before[0] + size[1], before[1] : before[1] + size[2]]


def _windows(op: Op, x: Array, kernel: tuple[int, ...], fill: int) -> list[tuple[Array, tuple[int, int]]]:
    """What each kernel position sees, [N, Hout, Wout, C]."""
    stride = (op.options["strideH"], op.options["strideW"])
    dilation = (op.options.get("dilationHFactor", 1), op.options.get("dilationWFactor", 1))
    span = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    size = x.shape[1:3]
    if op.options["padding"] == "SAME":
        out = [-(-n // s) for n, s in zip(size, stride, strict=True)]
        total = [max(0, (o - 1) * s + w - n) for o, s, w, n in zip(out, stride, span, size, strict=True)]
        x = np.pad(x, [(0, 0), *[(t // 2, t - t // 2) for t in total], (0, 0)], constant_values=fill)
    else:
        out = [(n - w) // s + 1 for n, w, s in zip(size, span, stride, strict=True)]
    seen = []
    for i, j in product(range(kernel[0]), range(kernel[1])):
        rows, columns = (at * d + s * np.arange(o) for at, d, s, o in zip((i, j), dilation, stride, out, strict=True))
        seen.append((x[:, rows][:, :, columns], (i, j)))
    return seen


def _store(real: Array, quant: Quant, op: Op) -> Array:
    """Rounded half away from zero, clamped to int8 and to the fused activation."""
    stepped = real / np.float64(np.float32(quant.scales[0]))
    zero = quant.zero_points[0]
    q = np.sign(stepped) * np.floor(np.abs(stepped) + 0.5) + zero
    bounds = {"RELU": (0, np.inf), "RELU6": (0, 6), "RELU_N1_TO_1": (-1, 1)}
    low, high = bounds.get(str(op.options.get("fusedActivationFunction")), (-np.inf, np.inf))
    low, high = (b if np.isinf(b) else zero + round(b / quant.scales[0]) for b in (low, high))
    return np.clip(q, max(low, -128), min(high, 127)).astype(np.int8)
