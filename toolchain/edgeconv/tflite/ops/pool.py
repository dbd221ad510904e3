"""MAX_POOL_2D and AVERAGE_POOL_2D."""

from __future__ import annotations

import math

from edgeconv.core.backend import Window
from edgeconv.core.errors import Refused
from edgeconv.tflite.emitter import Emitter
from edgeconv.tflite.ops.conv import depthwise_constant
from edgeconv.tflite.padding import LOWEST, padded_for
from edgeconv.tflite.spec import OpSpec, by_type, register

register(
    OpSpec("MAX_POOL_2D", "Pool2DOptions", by_type(1, 2), shares_scale=True),
    OpSpec("AVERAGE_POOL_2D", "Pool2DOptions", by_type(1, 2), shares_scale=True),
)


def max_pool2d(e: Emitter, tensor: str, window: Window) -> str:
    """Pads that are not SAME become an explicit pad with the lowest value."""
    if window.dilation != (1, 1):
        raise Refused("a dilated max pool", "TFLite has none; use stride or a larger kernel")
    tensor, padding = padded_for(e, tensor, window, LOWEST)
    return _pool(e, "MAX_POOL_2D", tensor, window, padding)


def average_pool2d(e: Emitter, tensor: str, window: Window, count_pad: bool) -> str:
    """Counted or no pads: a depthwise convolution with weights 1/k (XNNPACK takes no int8 AVERAGE_POOL_2D).

    Uncounted pads: AVERAGE_POOL_2D, which divides by the valid count, where they are the pads that SAME means.
    """
    if count_pad or (window.before == (0, 0) and window.after == (0, 0)):
        return depthwise_constant(e, tensor, 1.0 / math.prod(window.kernel), window)
    before = len(e.graph.ops)
    tensor, padding = padded_for(e, tensor, window, 0.0)
    if len(e.graph.ops) != before:
        raise Refused(
            f"an average pool with uncounted pads {window.before} {window.after}",
            "use count_include_pad=True, or pads that TFLite calls SAME",
        )
    return _pool(e, "AVERAGE_POOL_2D", tensor, window, padding)


def _pool(e: Emitter, kind: str, tensor: str, window: Window, padding: str) -> str:
    batch, height, width, channels = e.shape(tensor)
    if padding == "SAME":
        out = (-(-height // window.stride[0]), -(-width // window.stride[1]))
    else:
        out = Window(window.kernel, window.stride).out((height, width))
    return e.emit(
        kind,
        [tensor],
        (batch, *out, channels),
        padding=padding,
        strideH=window.stride[0],
        strideW=window.stride[1],
        filterHeight=window.kernel[0],
        filterWidth=window.kernel[1],
    )
