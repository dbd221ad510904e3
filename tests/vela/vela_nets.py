"""Small int8 networks, op by op, written by the project's own writer."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from unittest import mock

import numpy as np

from edgeconv.tflite import Graph, Op, Quant, Tensor, write
from edgeconv.tflite.spec import SPECS, OpSpec, by_type, specs

Shape = tuple[int, ...]
Pair = tuple[int, int]

FOREIGN = {
    kind: OpSpec(kind, options, by_type(1, 2))
    for kind, options in (
        ("AVERAGE_POOL_2D", "Pool2DOptions"),
        ("SPLIT", "SplitOptions"),
        ("PACK", "PackOptions"),
        ("UNPACK", "UnpackOptions"),
        ("GATHER", "GatherOptions"),
        ("SLICE", "SliceOptions"),
        ("SQUEEZE", "SqueezeOptions"),
        ("TILE", "TileOptions"),
        ("RESIZE_NEAREST_NEIGHBOR", "ResizeNearestNeighborOptions"),
    )
} | {"EXPAND_DIMS": OpSpec("EXPAND_DIMS", "ExpandDimsOptions", by_type(1, 1))}
"""Operators that edgeconv itself never emits, but that files of others hold."""

SCALE = 0.05
Build = Callable[["Net"], "str | Sequence[str]"]


class Net:
    """A graph that grows by calls; each returns the name of its output: the net's name, the op's kind and number."""

    def __init__(self, name: str, graph: Graph) -> None:
        self.name, self.graph = name, graph
        self.first = len(graph.ops)

    def input(self, *shape: int, scale: float = SCALE, zero: int = 0) -> str:
        name = f"{self.name}/x{len(self.graph.inputs)}"
        self.graph.add(Tensor(name, shape, "int8", quant=Quant((scale,), (zero,))))
        self.graph.inputs.append(name)
        self.graph.ports[name] = name
        return name

    def shape(self, name: str) -> Shape:
        return self.graph.shape(name)

    def data(self, value: object, dtype: str, scale: float | None = None) -> str:
        array = np.asarray(value, dtype)
        quant = Quant((scale,), (0,)) if scale else None
        return self.graph.add(Tensor(f"{self.name}/c{len(self.graph.tensors)}", array.shape, dtype, array, quant))

    def filled(self, *shape: int, dtype: str = "int8") -> str:
        """A constant of small numbers that repeat with a prime, so that no row equals another."""
        numbers = (np.arange(math.prod(shape)) % 13 - 5).reshape(shape)
        return self.data(numbers, dtype, 0.01 if dtype == "int8" else SCALE * 0.01)

    def op(self, kind: str, inputs: Sequence[str], shape: Shape, scale: float = SCALE, zero: int = 0,
           **options: Any) -> str:  # fmt: skip
        return self.ops(kind, inputs, [shape], scale, zero, **options)[0]

    def ops(self, kind: str, inputs: Sequence[str], shapes: Sequence[Shape], scale: float = SCALE, zero: int = 0,
            **options: Any) -> list[str]:  # fmt: skip
        index = len(self.graph.ops) - self.first
        names = [f"{self.name}/{kind.lower()}_{index}" + (f"_{i}" if i else "") for i in range(len(shapes))]
        for name, shape in zip(names, shapes, strict=True):
            self.graph.add(Tensor(name, tuple(shape), "int8", quant=Quant((scale,), (zero,))))
        self.graph.ops.append(Op(kind, tuple(inputs), tuple(names), options))
        return names

    def conv(self, x: str, channels: int, kernel: Pair = (3, 3), stride: Pair = (1, 1), padding: str = "SAME",
             dilation: Pair = (1, 1), fused: str = "NONE", depthwise: bool = False) -> str:  # fmt: skip
        n, height, width, depth = self.shape(x)
        size = [_out(*v, padding) for v in zip((height, width), kernel, stride, dilation, strict=True)]
        weights = self.filled(1, *kernel, channels) if depthwise else self.filled(channels, *kernel, depth)
        options: dict[str, Any] = {"depthMultiplier": channels // depth} if depthwise else {}
        return self.op("DEPTHWISE_CONV_2D" if depthwise else "CONV_2D",
                       [x, weights, self.filled(channels, dtype="int32")], (n, *size, channels),
                       padding=padding, strideH=stride[0], strideW=stride[1], dilationHFactor=dilation[0],
                       dilationWFactor=dilation[1], fusedActivationFunction=fused, **options)  # fmt: skip

    def depthwise(self, x: str, kernel: Pair = (3, 3), stride: Pair = (1, 1), padding: str = "SAME") -> str:
        return self.conv(x, self.shape(x)[-1], kernel, stride, padding, depthwise=True)

    def pool(self, x: str, window: Pair, stride: Pair, padding: str = "VALID", kind: str = "MAX_POOL_2D") -> str:
        n, height, width, depth = self.shape(x)
        size = [_out(*v, 1, padding) for v in zip((height, width), window, stride, strict=True)]
        return self.op(kind, [x], (n, *size, depth), padding=padding, filterHeight=window[0], filterWidth=window[1],
                       strideH=stride[0], strideW=stride[1])  # fmt: skip

    def average(self, x: str, window: Pair, stride: Pair = (1, 1), padding: str = "VALID") -> str:
        return self.pool(x, window, stride, padding, "AVERAGE_POOL_2D")

    def pad(self, x: str, *pads: Pair) -> str:
        shape = tuple(d + a + b for d, (a, b) in zip(self.shape(x), pads, strict=True))
        return self.op("PAD", [x, self.data(pads, "int32")], shape)

    def slice(self, x: str, begin: Shape, end: Shape, strides: Shape | None = None) -> str:
        strides = strides or (1,) * len(begin)
        shape = tuple(-(-(e - b) // s) for b, e, s in zip(begin, end, strides, strict=True))
        return self.op("STRIDED_SLICE", [x, *(self.data(v, "int32") for v in (begin, end, strides))], shape)

    def reshape(self, x: str, *shape: int) -> str:
        return self.op("RESHAPE", [x, self.data(shape, "int32")], shape, newShape=list(shape))

    def transpose(self, x: str, *perm: int) -> str:
        return self.op("TRANSPOSE", [x, self.data(perm, "int32")], tuple(self.shape(x)[p] for p in perm))

    def concat(self, axis: int, *parts: str) -> str:
        shape = list(self.shape(parts[0]))
        shape[axis] = sum(self.shape(p)[axis] for p in parts)
        return self.op("CONCATENATION", parts, tuple(shape), axis=axis)

    def mean(self, x: str, *axes: int, keep: bool = True, kind: str = "MEAN") -> str:
        shape = tuple(1 if i in axes else d for i, d in enumerate(self.shape(x)) if keep or i not in axes)
        return self.op(kind, [x, self.data(axes, "int32")], shape, keepDims=keep)

    def dense(self, x: str, units: int, keep: bool = False) -> str:
        shape = (*self.shape(x)[:-1], units)
        inputs = [x, self.filled(units, self.shape(x)[-1]), self.filled(units, dtype="int32")]
        return self.op("FULLY_CONNECTED", inputs, shape, keepNumDims=keep)

    def pair(self, kind: str, a: str, b: str, **options: Any) -> str:
        return self.op(kind, [a, b], np.broadcast_shapes(self.shape(a), self.shape(b)), **options)

    def add(self, a: str, b: str, fused: str = "NONE") -> str:
        return self.pair("ADD", a, b, fusedActivationFunction=fused)

    def mul(self, a: str, b: str) -> str:
        return self.pair("MUL", a, b)

    def lone(self, kind: str, x: str, scale: float = SCALE, zero: int = 0, **options: Any) -> str:
        return self.op(kind, [x], self.shape(x), scale, zero, **options)

    def sigmoid(self, x: str) -> str:
        return self.lone("LOGISTIC", x, 1 / 256, -128)

    def softmax(self, x: str) -> str:
        return self.lone("SOFTMAX", x, 1 / 256, -128, beta=1.0)

    def outputs(self, *names: str) -> None:
        for name in names:
            self.graph.ports[name] = name
            self.graph.outputs.append(name)


def written(nets: Mapping[str, Build]) -> bytes:
    """One file with all these nets, which share nothing: one run of a compiler judges them all."""
    graph = Graph()
    for name, build in nets.items():
        net = Net(name, graph)
        made = build(net)
        net.outputs(*([made] if isinstance(made, str) else made))
    specs()
    with mock.patch.dict(SPECS, FOREIGN):
        return write(graph, "small networks for the compilers")


def _out(size: int, window: int, stride: int, dilation: int, padding: str) -> int:
    return -(-size // stride) if padding == "SAME" else (size - dilation * (window - 1) - 1) // stride + 1
