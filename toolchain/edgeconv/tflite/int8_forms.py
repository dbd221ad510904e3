"""Operators that int8 kernels or delegates lack, as others that they have.

The float file keeps the native operator. Once calibration knows the ranges, the int8 file gets a form that is exact in
real numbers and costs at most a rounding more; the ranges of the tensors it adds follow from those that were measured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from edgeconv.core.layout import Array
from edgeconv.tflite.graph import Graph, Op, Tensor

Range = tuple[float, float]
LEVELS = 255
_OWN_RANGE = ("CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", "FULLY_CONNECTED", "ADD", "SUB", "MUL")
"""Their kernels round into any range, and saturate at its ends."""
_SMALLEST_SLOPE = 1 / 128
"""XNNPACK (LiteRT 2.3) takes LEAKY_RELU where slope times input scale over output scale is at least 1/256."""


@dataclass
class Int8Graph:
    """A copy of a float graph in operators fit for int8."""

    graph: Graph
    ranges: dict[str, Range]
    """Of all its tensors."""
    taken_over: dict[str, str] = field(default_factory=dict)
    """By output of an operator that took over a clip behind it: the output it had."""


def int8_forms(graph: Graph, ranges: Mapping[str, Range], precision: Mapping[str, str] | None = None) -> Int8Graph:
    """An operator stays as it is where it does not work in int8, where no form fits it, or where its ranges are not
    known (quantize() then says why).

    Args:
        precision: of tensors that are not int8.
    """
    wide = {n for n, p in (precision or {}).items() if p != "int8"}
    copy = Graph(dict(graph.tensors), [], list(graph.inputs), list(graph.outputs), dict(graph.ports))
    made = Int8Graph(copy, dict(ranges))
    alone = {n for n, ops in graph.users().items() if len(ops) == 1} - set(graph.outputs)
    for op in graph.ops:
        form = _FORMS.get(op.kind)
        build = _Build(made, op, alone)
        if form is None or op.outputs[0] in wide or not build.calibrated or not form(build):
            copy.ops.append(op)
        else:
            copy.ops += build.ops
    copy.prune()
    return made


@dataclass
class _Build:
    """Replaces one operator."""

    made: Int8Graph
    op: Op
    alone: set[str]
    """Tensors that one operator reads, and that are no outputs."""
    ops: list[Op] = field(default_factory=list)

    @property
    def graph(self) -> Graph:
        return self.made.graph

    @property
    def ranges(self) -> dict[str, Range]:
        return self.made.ranges

    @property
    def calibrated(self) -> bool:
        floats = [n for n in (*self.op.inputs, *self.op.outputs) if n and self.graph.tensors[n].dtype == "float32"]
        return all(np.isfinite(self.range(n)).all() for n in floats)

    def range(self, name: str) -> Range:
        data = self.graph.tensors[name].data
        if data is not None:
            return float(data.min()), float(data.max())
        return self.ranges.get(name, (np.nan, np.nan))

    def data(self, name: str) -> Array | None:
        return self.graph.tensors[name].data

    def number(self, value: float) -> str:
        return self.constant(np.array([value], np.float32))

    def constant(self, data: Array) -> str:
        name = f"{self.op.outputs[0]}/form{len(self.graph.tensors)}"
        return self.graph.add(Tensor(name, data.shape, "float32", data.astype(np.float32)))

    def emit(self, kind: str, inputs: tuple[str, ...], bounds: Range, fused: str | None = None) -> str:
        """An elementwise operator with a result of its own."""
        shape = np.broadcast_shapes(*(self.graph.shape(i) for i in inputs))
        out = self.graph.add(Tensor(f"{self.op.outputs[0]}/{kind}{len(self.ops)}", shape))
        self.ranges[out] = bounds
        self._append(kind, inputs, out, fused)
        return out

    def finish(self, kind: str, inputs: tuple[str, ...], fused: str | None = None) -> bool:
        """The operator whose result is that of the replaced one."""
        self._append(kind, inputs, self.op.outputs[0], fused or self.op.options.get("fusedActivationFunction"))
        return True

    def finish_in_producer(self, x: str) -> bool:
        """The operator that made x stores the result itself, clipped by the ends of its range."""
        at = next((i for i, op in enumerate(self.graph.ops) if op.outputs == (x,)), None)
        if at is None or x not in self.alone or self.graph.ops[at].kind not in _OWN_RANGE:
            return False
        self.graph.ops[at] = replace(self.graph.ops[at], outputs=self.op.outputs)
        self.made.taken_over[self.op.outputs[0]] = self.made.taken_over.pop(x, x)
        return True

    def _append(self, kind: str, inputs: tuple[str, ...], out: str, fused: str | None) -> None:
        self.ops.append(Op(kind, inputs, (out,), {"fusedActivationFunction": fused} if fused else {}))


def _clamp(b: _Build) -> bool:
    """An activation that fused with nothing: 1 x, and the activation fused."""
    return b.finish("MUL", (b.op.inputs[0], b.number(1.0)), b.op.kind)


def _maximum(b: _Build) -> bool:
    """With a constant <= 0: 1 x, whose output ends there; else max(x, y) = relu(x - y) + y."""
    return _bound(b, upper=False)


def _minimum(b: _Build) -> bool:
    """With a constant >= 0: 1 x, whose output ends there; else min(x, y) = x - relu(x - y)."""
    return _bound(b, upper=True)


def _bound(b: _Build, upper: bool) -> bool:
    result = b.op.outputs[0]
    for x, y in (b.op.inputs, b.op.inputs[::-1]):
        limit = b.data(y)
        if limit is not None and limit.size == 1 and (limit >= 0 if upper else limit <= 0).all():
            low, high = b.range(result)
            b.ranges[result] = (low, min(high, limit.item())) if upper else (max(low, limit.item()), high)
            return b.finish_in_producer(x) or b.finish("MUL", (x, b.number(1.0)))
    x, y = b.op.inputs
    over = b.emit("SUB", (x, y), (0.0, max(0.0, b.range(x)[1] - b.range(y)[0])), "RELU")
    return b.finish("SUB", (x, over)) if upper else b.finish("ADD", (over, y))


def _abs(b: _Build) -> bool:
    """A leaky ReLU with slope -1."""
    b.ops.append(Op("LEAKY_RELU", b.op.inputs, b.op.outputs, {"alpha": -1.0}))
    return True


def _leaky_relu(b: _Build) -> bool:
    """A slope too small for delegates is one of PRELU."""
    alpha = float(b.op.options["alpha"])
    return 0 <= alpha < _SMALLEST_SLOPE and _bent(b, np.array([alpha]))


def _prelu(b: _Build) -> bool:
    alpha = b.data(b.op.inputs[1])
    return alpha is not None and _bent(b, alpha)


def _bent(b: _Build, alpha: Array) -> bool:
    """x + relu((alpha - 1) x) where alpha <= 1, x - relu((1 - alpha) x) where it is larger."""
    x, steep = b.op.inputs[0], np.abs(alpha - 1)
    top = max(0.0, -b.range(x)[0]) * float(steep.max())
    bend = b.emit("MUL", (x, b.constant(-steep)), (0.0, top), "RELU")
    if (alpha > 1).all():
        return b.finish("SUB", (x, bend))
    if (alpha > 1).any():
        bend = b.emit("MUL", (bend, b.constant(np.where(alpha > 1, -1, 1))), (-top, top))
    return b.finish("ADD", (x, bend))


def _hard_swish(b: _Build) -> bool:
    """x relu6(x + 3) / 6: the division only renames the scale."""
    x = b.op.inputs[0]
    low, high = b.range(x)
    gate = b.emit("ADD", (x, b.number(3.0)), (0.0, float(np.clip(high + 3, 0, 6))), "RELU6")
    low, high = b.range(b.op.outputs[0])
    product = b.emit("MUL", (x, gate), (6 * low, 6 * high))
    return b.finish("MUL", (product, b.number(1 / 6)))


def _sqrt(b: _Build) -> bool:
    """x / sqrt(x); an int8 RSQRT of 0 is its largest value, and 0 times that is 0."""
    x = b.op.inputs[0]
    low, high = b.range(x)
    return low >= 0 and high > 0 and b.finish("MUL", (x, _rsqrt(b, x)))


def _div(b: _Build) -> bool:
    """x / y = x (1 / sqrt(y))^2 where calibration saw only positive y."""
    x, y = b.op.inputs
    if b.range(y)[0] <= 0:
        return False
    root = _rsqrt(b, y)
    top = b.ranges[root][1] ** 2
    return b.finish("MUL", (x, b.emit("MUL", (root, root), (0.0, top))))


def _rsqrt(b: _Build, name: str) -> str:
    low, high = b.range(name)
    return b.emit("RSQRT", (name,), (0.0, max(low, high / LEVELS) ** -0.5))


_FORMS: dict[str, Callable[[_Build], bool]] = {
    "ABS": _abs,
    "DIV": _div,
    "HARD_SWISH": _hard_swish,
    "LEAKY_RELU": _leaky_relu,
    "MAXIMUM": _maximum,
    "MINIMUM": _minimum,
    "PRELU": _prelu,
    "RELU": _clamp,
    "RELU6": _clamp,
    "RELU_N1_TO_1": _clamp,
    "SQRT": _sqrt,
}
