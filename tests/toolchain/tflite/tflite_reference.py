"""int8 operators in numpy, after the TFLite 8-bit specification: whole accumulators, then one rounding."""

from __future__ import annotations

from itertools import product

import numpy as np
from tflite_graphs import Array, quant_of

from edgeconv.tflite import Graph, Op, Quant


def reference(graph: Graph, *inputs: Array) -> Array:
    """The first output of an int8 graph without QUANTIZE."""
    values = dict(zip(graph.inputs, inputs, strict=True))
    values |= {n: t.data for n, t in graph.tensors.items() if t.data is not None}
    for op in graph.ops:
        values[op.outputs[0]] = _one(graph, op, [values[i] for i in op.inputs])
    return values[graph.outputs[0]]


def _one(graph: Graph, op: Op, given: list[Array]) -> Array:
    out = quant_of(graph, op.outputs[0])
    if op.kind in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"):
        x, weight = quant_of(graph, op.inputs[0]), quant_of(graph, op.inputs[1])
        acc = _accumulate(op, given[0].astype(np.int32) - x.zero_points[0], given[1].astype(np.int32)) + given[2]
        assert acc.dtype == np.int32
        scales = np.asarray(np.float32(weight.scales), np.float64) * np.float64(np.float32(x.scales[0]))
        return _store(acc * scales, out, op)
    if op.kind in ("ADD", "MUL"):
        a, b = (_real(v, quant_of(graph, i)) for v, i in zip(given, op.inputs, strict=True))
        return _store(a + b if op.kind == "ADD" else a * b, out, op)
    if op.kind in ("MEAN", "LOGISTIC", "SOFTMAX"):
        real = _real(given[0], quant_of(graph, op.inputs[0]))
        if op.kind == "MEAN":
            return _store(real.mean(tuple(given[1]), keepdims=True), out, op)
        powers = np.exp(real - real.max(-1, keepdims=True))
        return _store(1 / (1 + np.exp(-real)) if op.kind == "LOGISTIC" else powers / powers.sum(-1, keepdims=True),
                      out, op)  # fmt: skip
    return _moved(op, given, out.zero_points[0])


def _moved(op: Op, given: list[Array], zero: int) -> Array:
    if op.kind == "CONCATENATION":
        return np.concatenate(given, op.options["axis"])
    if op.kind == "RESHAPE":
        return given[0].reshape(given[1])
    if op.kind == "STRIDED_SLICE":
        return given[0][tuple(slice(a, b) for a, b in zip(given[1], given[2], strict=True))]
    if op.kind in ("PAD", "PADV2"):
        fill = zero if op.kind == "PAD" else int(given[2])
        return np.pad(given[0], given[1], constant_values=fill)
    assert op.kind == "MAX_POOL_2D", op.kind
    return np.stack([p for p, _ in _windows(op, given[0], (op.options["filterHeight"], op.options["filterWidth"]), -128)
                     ]).max(0)  # fmt: skip


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


def _accumulate(op: Op, x: Array, weight: Array) -> Array:
    if op.kind == "FULLY_CONNECTED":
        return x @ weight.T
    pieces = _windows(op, x, weight.shape[1:3], 0)
    if op.kind == "CONV_2D":
        return sum((p @ weight[:, i, j].T for p, (i, j) in pieces), np.int32(0))  # type: ignore[arg-type]
    times = weight.shape[3] // x.shape[3]
    return sum((p.repeat(times, 3) * weight[0, i, j] for p, (i, j) in pieces), np.int32(0))  # type: ignore[arg-type]


def _real(q: Array, quant: Quant) -> Array:
    return (q.astype(np.float64) - quant.zero_points[0]) * np.float64(np.float32(quant.scales[0]))


def _store(real: Array, quant: Quant, op: Op) -> Array:
    """Rounded half away from zero, clamped to int8 and to the fused activation."""
    stepped = real / np.float64(np.float32(quant.scales[0]))
    zero = quant.zero_points[0]
    q = np.sign(stepped) * np.floor(np.abs(stepped) + 0.5) + zero
    fused = op.options.get("fusedActivationFunction")
    low = zero if fused in ("RELU", "RELU6") else -128
    high = zero + round(6 / quant.scales[0]) if fused == "RELU6" else 127
    return np.clip(q, max(low, -128), min(high, 127)).astype(np.int8)
