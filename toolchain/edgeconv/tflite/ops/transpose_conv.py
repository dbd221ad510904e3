"""TRANSPOSE_CONV."""

from __future__ import annotations

import numpy as np

from edgeconv.core.backend import Pair, Window
from edgeconv.core.errors import Refused
from edgeconv.core.layout import Array
from edgeconv.tflite.emitter import Emitter
from edgeconv.tflite.graph import Graph, Op
from edgeconv.tflite.ops.pad import zeros
from edgeconv.tflite.ops.views import slice_
from edgeconv.tflite.padding import same_pads
from edgeconv.tflite.spec import OpSpec, Weighted, register


def _version(_graph: Graph, op: Op) -> int:
    """3: with a bias; 4: with a fused activation."""
    return 4 if "fusedActivationFunction" in op.options else 3


register(
    OpSpec(
        "TRANSPOSE_CONV",
        "TransposeConvOptions",
        _version,
        weighted=Weighted(0, True, data=2, weight=1, bias=3),
        activation=True,
        int16=4,
    )
)


def conv_transpose2d(
    e: Emitter, tensor: str, weight: Array, bias: Array | None, window: Window, groups: int, extra: Pair
) -> str:
    """[N, H, W, C] with weight [C, O, kh, kw].

    SAME where its pads are the wanted ones, else VALID and a crop. A dilated kernel is spread out with zeros. Rows of
    `extra` lie behind the last window: up to stride - 1 of them are part of VALID, the rest comes from a pad.
    """
    if groups > 1:
        raise Refused(f"a transposed convolution of {groups} groups", "split it into one per group")
    weight = _spread(weight, window.dilation)
    if bias is None:
        bias = np.zeros(weight.shape[1], np.float32)
    reach = (weight.shape[2], weight.shape[3])
    size = (e.shape(tensor)[1], e.shape(tensor)[2])
    full = [(size[i] - 1) * window.stride[i] + reach[i] for i in (0, 1)]
    wanted = [full[i] - window.before[i] - window.after[i] + extra[i] for i in (0, 1)]
    if any(window.before) or any(window.after):
        same = [same_pads(wanted[i], reach[i], window.stride[i], 1)[0] for i in (0, 1)]
        fits = [-(-wanted[i] // window.stride[i]) == size[i] and same[i] == window.before[i] for i in (0, 1)]
        if all(fits) and all(reach[i] >= window.stride[i] for i in (0, 1)):  # delegates refuse smaller kernels
            return _emit(e, tensor, weight, bias, window.stride, "SAME", wanted)
    need = [window.before[i] + wanted[i] for i in (0, 1)]
    rows = [max(0, -(-(need[i] - full[i] - window.stride[i] + 1) // window.stride[i])) for i in (0, 1)]
    if any(rows):
        tensor = zeros(e, tensor, [(0, 0), (0, rows[0]), (0, rows[1]), (0, 0)])
    held = [max(need[i], full[i] + rows[i] * window.stride[i]) for i in (0, 1)]
    made = _emit(e, tensor, weight, bias, window.stride, "VALID", held)
    if held == wanted:
        return made
    batch, channels = e.shape(made)[0], e.shape(made)[3]
    return slice_(e, made, (0, *window.before, 0), (batch, *wanted, channels))


def _emit(e: Emitter, tensor: str, weight: Array, bias: Array, stride: Pair, padding: str, size: list[int]) -> str:
    shape = (e.shape(tensor)[0], *size, weight.shape[1])
    filters = e.constant(weight.transpose(1, 2, 3, 0).astype(np.float32))
    inputs = [e.ints(shape), filters, tensor, e.constant(bias.astype(np.float32))]
    return e.emit("TRANSPOSE_CONV", inputs, shape, padding=padding, strideH=stride[0], strideW=stride[1])


def _spread(weight: Array, dilation: Pair) -> Array:
    if dilation == (1, 1):
        return weight
    kernel = [(n - 1) * d + 1 for n, d in zip(weight.shape[2:], dilation, strict=True)]
    spread = np.zeros((*weight.shape[:2], *kernel), weight.dtype)
    spread[:, :, :: dilation[0], :: dilation[1]] = weight
    return spread
