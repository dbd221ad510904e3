"""The 4D vocabulary as ONNX, channels first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from edgeconv.core.backend import Pair, Window
from edgeconv.core.layout import Array


class OnnxBackend:
    """Collects nodes; :meth:`model` gives the ModelProto. Names and order are deterministic."""

    channels_last = False

    def __init__(self, opset: int) -> None:
        self.opset = opset
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: dict[str, Array] = {}
        self.inputs: list[onnx.ValueInfoProto] = []
        self.outputs: list[onnx.ValueInfoProto] = []
        self._float = np.dtype(np.float32)
        """Of the inputs, and so of everything computed."""
        self._scope = "graph"
        self._names: Counter[str] = Counter()

    def scope(self, name: str) -> None:
        self._scope = name

    def _name(self, kind: str) -> str:
        base = f"{self._scope}/{kind}"
        self._names[base] += 1
        return base if self._names[base] == 1 else f"{base}_{self._names[base]}"

    def _emit(self, op: str, inputs: Sequence[str], **attributes: Any) -> str:
        name = self._name(op)
        self.nodes.append(helper.make_node(op, list(inputs), [name], name=name, **attributes))
        return name

    def constant(self, array: Array) -> str:
        name = self._name("const")
        self.initializers[name] = np.asarray(array)
        return name

    def _ints(self, values: Sequence[int]) -> str:
        return self.constant(np.array(values, np.int64))

    def input(self, name: str, shape: tuple[int, ...], dtype: str) -> str:
        given = np.dtype(dtype)
        if given.kind == "f":
            self._float = given
        self.inputs.append(helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(given), shape))
        return name

    def output(self, name: str, tensor: str, shape: tuple[int, ...]) -> None:
        self.nodes.append(helper.make_node("Identity", [tensor], [name], name=f"{name}/out"))
        self.outputs.append(helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(self._float), shape))

    def reshape(self, tensor: str, shape: tuple[int, ...]) -> str:
        return self._emit("Reshape", [tensor, self._ints(shape)])

    def transpose(self, tensor: str, perm: tuple[int, ...]) -> str:
        return self._emit("Transpose", [tensor], perm=list(perm))

    def slice(self, tensor: str, starts: Sequence[int], sizes: Sequence[int]) -> str:
        ends = [a + n for a, n in zip(starts, sizes, strict=True)]
        return self._emit("Slice", [tensor, self._ints(starts), self._ints(ends), self._ints(range(len(starts)))])

    def pad(self, tensor: str, pads: Sequence[Pair], mode: str, value: float) -> str:
        widths = self._ints([p[0] for p in pads] + [p[1] for p in pads])
        if mode != "constant":
            return self._emit("Pad", [tensor, widths], mode=mode)
        return self._emit("Pad", [tensor, widths, self.constant(np.array(value, self._float))], mode=mode)

    def concat(self, tensors: Sequence[str], axis: int) -> str:
        return self._emit("Concat", tensors, axis=axis)

    def conv2d(self, tensor: str, weight: Array, bias: Array | None, window: Window, groups: int) -> str:
        inputs = [tensor, self.constant(weight)] + ([self.constant(bias)] if bias is not None else [])
        return self._emit("Conv", inputs, group=groups, **_attributes(window), dilations=list(window.dilation))

    def max_pool2d(self, tensor: str, window: Window) -> str:
        return self._emit("MaxPool", [tensor], **_attributes(window), dilations=list(window.dilation))

    def average_pool2d(self, tensor: str, window: Window, count_pad: bool) -> str:
        return self._emit("AveragePool", [tensor], **_attributes(window), count_include_pad=int(count_pad))

    def affine(self, tensor: str, scale: Array, shift: Array) -> str:
        zero, one = np.zeros_like(shift), np.ones_like(scale)
        vectors = [self.constant(v) for v in (scale, shift, zero, one)]
        return self._emit("BatchNormalization", [tensor, *vectors], epsilon=0.0)

    def unary(self, op: str, tensor: str, attributes: Mapping[str, Any]) -> str:
        if op == "Clip":
            low, high = (self.constant(np.array(attributes[k], self._float)) for k in ("min", "max"))
            return self._emit("Clip", [tensor, low, high])
        return self._emit(op, [tensor], **attributes)

    def binary(self, op: str, left: str, right: str) -> str:
        return self._emit(op, [left, right])

    def reduce(self, op: str, tensor: str, axes: Sequence[int]) -> str:
        if self.opset >= 18 or op == "ReduceSum":
            return self._emit(op, [tensor, self._ints(axes)], keepdims=1)
        return self._emit(op, [tensor], axes=list(axes), keepdims=1)

    def softmax(self, tensor: str) -> str:
        return self._emit("Softmax", [tensor], axis=-1)

    def dense(self, tensor: str, weight: Array, bias: Array | None) -> str:
        inputs = [tensor, self.constant(np.ascontiguousarray(weight))]
        return self._emit("Gemm", inputs + ([self.constant(bias)] if bias is not None else []))

    def save(self, path: Path) -> None:
        """Write the model; past 2 GiB (protobuf's limit) its weights go to a file beside it."""
        model = self.model()
        onnx.save(model, path, save_as_external_data=model.ByteSize() >= 2**31 - 1)

    def model(self) -> onnx.ModelProto:
        graph = helper.make_graph(
            self.nodes,
            "edgeconv",
            self.inputs,
            self.outputs,
            [numpy_helper.from_array(a, n) for n, a in self.initializers.items()],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)])
        model.ir_version = 9
        model.producer_name = "edgeconv"
        return model


def _attributes(window: Window) -> dict[str, Any]:
    return {
        "kernel_shape": list(window.kernel),
        "strides": list(window.stride),
        "pads": [*window.before, *window.after],
    }
