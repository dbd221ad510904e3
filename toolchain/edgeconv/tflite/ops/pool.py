"""MAX_POOL_2D; averages as convolutions."""

from __future__ import annotations

import math

import numpy as np

from edgeconv.core.backend import Pair, Window
from edgeconv.core.errors import Refused
from edgeconv.core.layout import Array
from edgeconv.tflite.emitter import Emitter
from edgeconv.tflite.ops.conv import depthwise_constant
from edgeconv.tflite.ops.pad import LOWEST, constant, for_maximum, zeros
from edgeconv.tflite.ops.views import reshape, slice_
from edgeconv.tflite.padding import needed_pads, padded_for
from edgeconv.tflite.spec import OpSpec, by_type, register

register(OpSpec("MAX_POOL_2D", "Pool2DOptions", by_type(1, 2), shares_scale=True, int16=3))


def max_pool2d(e: Emitter, tensor: str, window: Window) -> str:
    """Pads that are not SAME become explicit; dilation, and strides that leave rows out, work on interleaved rows."""
    if any(max(window.before[i], window.after[i]) > window.dilation[i] * (window.kernel[i] - 1) for i in (0, 1)):
        raise Refused("a max pool with pads not smaller than its window", "pad the input before the pool")
    if window.dilation != (1, 1) or any(window.kernel[i] < window.stride[i] for i in (0, 1)):
        return _by_axis(e, tensor, window)
    tensor, padding = padded_for(e, tensor, window, for_maximum)
    return _pool(e, tensor, window, padding)


def average_pool2d(e: Emitter, tensor: str, window: Window, count_pad: bool) -> str:
    """A depthwise convolution with weights 1/k (XNNPACK takes no int8 AVERAGE_POOL_2D).

    Uncounted pads: each place times k over the number of values that its window holds.
    """
    size = (e.shape(tensor)[1], e.shape(tensor)[2])
    counted = depthwise_constant(e, tensor, 1.0 / math.prod(window.kernel), window)
    if count_pad or needed_pads(size, window) == [(0, 0), (0, 0)]:
        return counted
    held = [_held(size[i], window, i) for i in (0, 1)]
    if not all(h.all() for h in held):
        raise Refused("an average pool with windows that hold nothing but pads", "make its pads smaller")
    share = math.prod(window.kernel) / np.outer(*held)
    return e.emit("MUL", [counted, e.constant(share[None, :, :, None].astype(np.float32))], e.shape(counted))


def _held(size: int, window: Window, axis: int) -> Array:
    """How many values of the tensor each window along an axis holds."""
    starts = np.arange(window.out((size, size))[axis]) * window.stride[axis] - window.before[axis]
    rows = starts[:, None] + np.arange(window.kernel[axis]) * window.dilation[axis]
    counts: Array = ((rows >= 0) & (rows < size)).sum(1)
    return counts


def _pool(e: Emitter, tensor: str, window: Window, padding: str) -> str:
    batch, height, width, channels = e.shape(tensor)
    if padding == "SAME":
        out = (-(-height // window.stride[0]), -(-width // window.stride[1]))
    else:
        out = Window(window.kernel, window.stride).out((height, width))
    return e.emit(
        "MAX_POOL_2D",
        [tensor],
        (batch, *out, channels),
        padding=padding,
        strideH=window.stride[0],
        strideW=window.stride[1],
        filterHeight=window.kernel[0],
        filterWidth=window.kernel[1],
    )


def _by_axis(e: Emitter, tensor: str, window: Window) -> str:
    """Rows, then columns; [N, H, W, C] with dilation d is [N, H / d, 1, d * W * C] with none."""
    batch, height, width, channels = e.shape(tensor)
    pads, out = needed_pads((height, width), window), window.out((height, width))
    tensor = _padded(e, reshape(e, tensor, (batch, height, 1, width * channels)), pads[0], window.dilation[0])
    tensor = _along(e, tensor, window, 0, out[0])
    tensor = _padded(e, reshape(e, tensor, (batch * out[0], width, 1, channels)), pads[1], window.dilation[1])
    tensor = _along(e, tensor, window, 1, out[1])
    return reshape(e, tensor, (batch, *out, channels))


def _padded(e: Emitter, tensor: str, rows: Pair, dilation: int) -> str:
    """Axis by axis, so that no window holds nothing but pads; a dilated one may miss the edge."""
    widths = [(0, 0), rows, (0, 0), (0, 0)]
    if not any(rows):
        return tensor
    if dilation > 1 and not e.nonnegative(tensor):
        return constant(e, tensor, widths, LOWEST)
    return for_maximum(e, tensor, widths)


def _along(e: Emitter, tensor: str, window: Window, axis: int, out: int) -> str:
    """Maximum along axis 1 of [N, S, 1, M]. Delegates take no window smaller than its stride, and none of one row."""
    kernel, stride, dilation = window.kernel[axis], window.stride[axis], window.dilation[axis]
    if dilation == 1 and 1 < kernel >= stride:
        return _pool(e, tensor, Window((kernel, 1), (stride, 1)), "VALID")
    if kernel > 1:
        batch, _, _, inner = e.shape(tensor)
        tensor = _pool(e, _interleaved(e, tensor, dilation), Window((kernel, 1)), "VALID")
        tensor = reshape(e, tensor, (batch, e.shape(tensor)[1] * dilation, 1, inner))
    return _every(e, tensor, stride, out)


def _interleaved(e: Emitter, tensor: str, step: int) -> str:
    """[N, S, 1, M] as [N, S / step, 1, step * M]; the rows that make S a multiple are never read."""
    short = -e.shape(tensor)[1] % step
    if short:
        tensor = zeros(e, tensor, [(0, 0), (0, short), (0, 0), (0, 0)])
    batch, rows, _, inner = e.shape(tensor)
    return tensor if step == 1 else reshape(e, tensor, (batch, rows // step, 1, step * inner))


def _every(e: Emitter, tensor: str, step: int, count: int) -> str:
    """`count` rows of [N, S, 1, M], `step` apart: the first of each `step` interleaved ones."""
    inner = e.shape(tensor)[3]
    tensor = _interleaved(e, tensor, step)
    return slice_(e, tensor, (0, 0, 0, 0), (e.shape(tensor)[0], count, 1, inner))
