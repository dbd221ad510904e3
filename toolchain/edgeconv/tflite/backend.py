"""The 4D vocabulary as TFLite operators, channels last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from edgeconv.core.backend import Pair, Window
from edgeconv.core.errors import ModelError
from edgeconv.core.layout import Array
from edgeconv.tflite.emitter import Emitter
from edgeconv.tflite.graph import Graph, Tensor
from edgeconv.tflite.ops import (
    arithmetic,
    composed,
    conv,
    dense,
    matmul,
    pad,
    pool,
    reduce,
    resize,
    select,
    transpose_conv,
    views,
)


class TfliteBackend:
    """Implements :class:`edgeconv.core.backend.Backend` on an :class:`Emitter`."""

    channels_last = True
    adjoint_matmul = True
    grouped_transpose_conv = False

    def __init__(self) -> None:
        self._e = Emitter()

    @property
    def graph(self) -> Graph:
        return self._e.graph

    def scope(self, name: str) -> None:
        self._e.scope(name)

    def input(self, name: str, shape: tuple[int, ...], dtype: str) -> str:
        if dtype != "float32":
            raise ModelError(
                f"input '{name}' is {dtype}", hint="TFLite is emitted from float32 models: convert it first"
            )
        tensor = self.graph.add(Tensor(f"{name}/input", shape, dtype))
        self.graph.inputs.append(tensor)
        self.graph.ports[tensor] = name
        return tensor

    def output(self, name: str, tensor: str, shape: tuple[int, ...]) -> None:
        if tensor in self.graph.inputs or tensor in self.graph.outputs:
            tensor = views.reshape(self._e, tensor, shape)
        self.graph.outputs.append(tensor)
        self.graph.ports[tensor] = name

    def constant(self, array: Array) -> str:
        return self._e.constant(array)

    def reshape(self, tensor: str, shape: tuple[int, ...]) -> str:
        return views.reshape(self._e, tensor, shape)

    def transpose(self, tensor: str, perm: tuple[int, ...]) -> str:
        return views.transpose(self._e, tensor, perm)

    def slice(self, tensor: str, starts: Sequence[int], sizes: Sequence[int]) -> str:
        return views.slice_(self._e, tensor, starts, sizes)

    def pad(self, tensor: str, pads: Sequence[Pair], mode: str, value: float) -> str:
        return pad.pad(self._e, tensor, pads, mode, value)

    def concat(self, tensors: Sequence[str], axis: int) -> str:
        return views.concat(self._e, tensors, axis)

    def conv2d(self, tensor: str, weight: Array, bias: Array | None, window: Window, groups: int) -> str:
        return conv.conv2d(self._e, tensor, weight, bias, window, groups)

    def conv_transpose2d(
        self, tensor: str, weight: Array, bias: Array | None, window: Window, groups: int, extra: Pair
    ) -> str:
        return transpose_conv.conv_transpose2d(self._e, tensor, weight, bias, window, groups, extra)

    def max_pool2d(self, tensor: str, window: Window) -> str:
        return pool.max_pool2d(self._e, tensor, window)

    def average_pool2d(self, tensor: str, window: Window, count_pad: bool) -> str:
        return pool.average_pool2d(self._e, tensor, window, count_pad)

    def affine(self, tensor: str, scale: Array, shift: Array) -> str:
        return conv.affine(self._e, tensor, scale, shift)

    def unary(self, op: str, tensor: str, attributes: Mapping[str, Any]) -> str:
        return composed.unary(self._e, op, tensor, attributes)

    def binary(self, op: str, left: str, right: str) -> str:
        return arithmetic.binary(self._e, op, left, right)

    def where(self, condition: Array, left: str, right: str) -> str:
        return select.where(self._e, condition, left, right)

    def expand(self, tensor: str, shape: tuple[int, ...]) -> str:
        return select.expand(self._e, tensor, shape)

    def resize2d(self, tensor: str, shape: tuple[int, ...], coordinates: str) -> str:
        return resize.resize2d(self._e, tensor, shape, coordinates)

    def reduce(self, op: str, tensor: str, axes: Sequence[int]) -> str:
        return reduce.reduce(self._e, op, tensor, axes)

    def softmax(self, tensor: str, log: bool = False) -> str:
        return reduce.softmax(self._e, tensor, log)

    def dense(self, tensor: str, weight: Array, bias: Array | None) -> str:
        return dense.dense(self._e, tensor, weight, bias)

    def matmul(self, left: str, right: str, adjoint: bool = False) -> str:
        return matmul.matmul(self._e, left, right, adjoint)
