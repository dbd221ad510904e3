"""The 4D vocabulary as ONNX, channels first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from edgeconv.core.backend import Pair, Window
from edgeconv.core.layout import Array
from edgeconv.core.onnx_file import save_onnx
from edgeconv.lowering.streaming import total_bytes, write_model
from edgeconv.lowering.windows import LOWEST


class OnnxBackend:
    """Collects nodes; :meth:`model` gives the ModelProto. Names and order are deterministic."""

    channels_last = False
    adjoint_matmul = False
    grouped_transpose_conv = True

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
        if tensor != name:  # an input that is an output as it is has that name already
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

    def conv_transpose2d(
        self, tensor: str, weight: Array, bias: Array | None, window: Window, groups: int, extra: Pair
    ) -> str:
        inputs = [tensor, self.constant(weight)] + ([self.constant(bias)] if bias is not None else [])
        # Rows behind the last window are asked for by fewer (even negative) trailing pads: output_padding has an
        # upper bound in some runtimes.
        cropped = [a - e for a, e in zip(window.after, extra, strict=True)]
        more = [max(0, -c) for c in cropped]
        attributes = _attributes(window) | {"pads": [*window.before, *(max(0, c) for c in cropped)]}
        return self._emit(
            "ConvTranspose", inputs, group=groups, **attributes, dilations=list(window.dilation), output_padding=more
        )

    def max_pool2d(self, tensor: str, window: Window) -> str:
        if any(p >= k for k, *pads in zip(window.kernel, window.before, window.after, strict=True) for p in pads):
            # Runtimes take no pads as large as the kernel, though a dilated window may need them.
            widths = [(0, 0), (0, 0), *zip(window.before, window.after, strict=True)]
            tensor = self.pad(tensor, widths, "constant", LOWEST)
            window = replace(window, before=(0, 0), after=(0, 0))
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
        if op == "Rsqrt":
            return self._emit("Reciprocal", [self._emit("Sqrt", [tensor])])
        if op == "Swish":
            return self._emit(
                "Mul", [tensor, self._emit("Sigmoid", [self._scaled(tensor, attributes.get("alpha", 1))])]
            )
        if op == "Gelu" and self.opset < 20:
            return self._gelu(tensor, str(attributes.get("approximate", "none")))
        return self._emit(op, [tensor], **attributes)

    def _scaled(self, tensor: str, factor: float) -> str:
        return tensor if factor == 1 else self._emit("Mul", [tensor, self.constant(np.array(factor, self._float))])

    def _gelu(self, tensor: str, approximate: str) -> str:
        """x / 2 * (1 + erf(x / sqrt 2)), or its tanh form: the operator itself came with opset 20."""
        if approximate == "tanh":
            cube = self._emit("Mul", [self._emit("Mul", [tensor, tensor]), tensor])
            inner = self._emit("Add", [tensor, self._scaled(cube, 0.044715)])
            bent = self._emit("Tanh", [self._scaled(inner, float(np.sqrt(2 / np.pi)))])
        else:
            bent = self._emit("Erf", [self._scaled(tensor, float(np.sqrt(0.5)))])
        one = self._emit("Add", [bent, self.constant(np.array(1, self._float))])
        return self._scaled(self._emit("Mul", [tensor, one]), 0.5)

    def binary(self, op: str, left: str, right: str) -> str:
        return self._emit(op, [left, right], **({"fmod": 1} if op == "Mod" else {}))

    def where(self, condition: Array, left: str, right: str) -> str:
        return self._emit("Where", [self.constant(condition), left, right])

    def expand(self, tensor: str, shape: tuple[int, ...]) -> str:
        return self._emit("Expand", [tensor, self._ints(shape)])

    def resize2d(self, tensor: str, shape: tuple[int, ...], coordinates: str) -> str:
        inputs = [tensor, "", "", self._ints(shape)]  # sizes, because a scale such as 10 / 7 is inexact
        return self._emit("Resize", inputs, mode="linear", coordinate_transformation_mode=coordinates)

    def reduce(self, op: str, tensor: str, axes: Sequence[int]) -> str:
        if self.opset >= 18 or op == "ReduceSum":
            return self._emit(op, [tensor, self._ints(axes)], keepdims=1)
        return self._emit(op, [tensor], axes=list(axes), keepdims=1)

    def softmax(self, tensor: str, log: bool = False) -> str:
        return self._emit("LogSoftmax" if log else "Softmax", [tensor], axis=-1)

    def dense(self, tensor: str, weight: Array, bias: Array | None) -> str:
        inputs = [tensor, self.constant(np.ascontiguousarray(weight))]
        return self._emit("Gemm", inputs + ([self.constant(bias)] if bias is not None else []))

    def matmul(self, left: str, right: str, adjoint: bool = False) -> str:
        assert not adjoint, "ONNX has no adjoint MatMul"
        return self._emit("MatMul", [left, right])

    def save(self, path: Path) -> None:
        """Write the model; past 2 GiB (protobuf's limit) its weights go to a file beside it."""
        bare = self._model({})
        if total_bytes(bare, self.initializers) >= 2**31 - 1:
            save_onnx(self.model(), path)
        else:
            write_model(path, bare, self.initializers)

    def model(self) -> onnx.ModelProto:
        return self._model(self.initializers)

    def _model(self, weights: Mapping[str, Array]) -> onnx.ModelProto:
        graph = helper.make_graph(
            self.nodes,
            "edgeconv",
            self.inputs,
            self.outputs,
            [numpy_helper.from_array(a, n) for n, a in weights.items()],
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
