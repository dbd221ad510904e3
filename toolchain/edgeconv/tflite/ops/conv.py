"""CONV_2D and DEPTHWISE_CONV_2D."""

from __future__ import annotations

import numpy as np

from edgeconv.core.backend import Window
from edgeconv.core.layout import Array
from edgeconv.tflite.emitter import Emitter
from edgeconv.tflite.ops.pad import zeros
from edgeconv.tflite.padding import padded_for
from edgeconv.tflite.spec import OpSpec, Weighted, by_type, register

register(
    OpSpec("CONV_2D", "Conv2DOptions", by_type(1, 3), weighted=Weighted(0, True), activation=True, int16=4),
    OpSpec(
        "DEPTHWISE_CONV_2D",
        "DepthwiseConv2DOptions",
        by_type(1, 3),
        weighted=Weighted(3, True),
        activation=True,
        int16=5,
    ),
)


def conv2d(e: Emitter, tensor: str, weight: Array, bias: Array | None, window: Window, groups: int) -> str:
    """[N, H, W, C] with an OIHW weight. Depthwise where every channel is a group of its own."""
    if bias is None:
        bias = np.zeros(weight.shape[0], np.float32)
    tensor, padding = padded_for(e, tensor, window, zeros)
    batch, height, width, channels = e.shape(tensor)
    size = (height, width) if padding == "VALID" else None
    out_size = _out(window, size, e.shape(tensor)[1:3], padding)
    shape = (batch, *out_size, weight.shape[0])
    options = {
        "padding": padding,
        "strideH": window.stride[0],
        "strideW": window.stride[1],
        **_dilation(window),
    }
    if groups == channels and groups > 1 and weight.shape[1] == 1:
        options["depthMultiplier"] = weight.shape[0] // channels
        filters = e.constant(weight.transpose(1, 2, 3, 0).astype(np.float32))
        return e.emit("DEPTHWISE_CONV_2D", [tensor, filters, e.constant(bias.astype(np.float32))], shape, **options)
    filters = e.constant(weight.transpose(0, 2, 3, 1).astype(np.float32))
    return e.emit("CONV_2D", [tensor, filters, e.constant(bias.astype(np.float32))], shape, **options)


def _dilation(window: Window) -> dict[str, int]:
    """Along a single tap a dilation means nothing: it is written as the other axis has it, because the Edge TPU takes
    only equal ones.
    """
    real = [d for d, kernel in zip(window.dilation, window.kernel, strict=True) if kernel > 1]
    height, width = window.dilation if len(real) == 2 else (real or [1]) * 2
    return {"dilationHFactor": height, "dilationWFactor": width}


def _out(window: Window, valid: tuple[int, int] | None, size: tuple[int, ...], padding: str) -> tuple[int, int]:
    if padding == "SAME":
        return -(-size[0] // window.stride[0]), -(-size[1] // window.stride[1])
    assert valid is not None
    return Window(window.kernel, window.stride, window.dilation).out(valid)


def depthwise_constant(e: Emitter, tensor: str, value: float, window: Window) -> str:
    """A depthwise convolution with one constant weight: the average pool that counts its pads, delegate-friendly."""
    channels = e.shape(tensor)[3]
    weight = np.full((channels, 1, *window.kernel), value, np.float32)
    return conv2d(e, tensor, weight, None, window, channels)


def affine(e: Emitter, tensor: str, scale: Array, shift: Array) -> str:
    """Per-channel scale and shift in one operator, so that int8 rounds once."""
    if scale.size == 1:  # a single channel is no depthwise convolution by its shape
        return conv2d(e, tensor, scale.reshape(1, 1, 1, 1), shift, Window((1, 1)), 1)
    return conv2d(e, tensor, scale.reshape(-1, 1, 1, 1), shift, Window((1, 1)), scale.size)
