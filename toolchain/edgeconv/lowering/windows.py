"""Pads and output sizes of windowed operators, computed here: ONNX shape inference is wrong for ceil_mode pools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from edgeconv.core.errors import Refused

LOWEST = float(np.finfo(np.float32).min)
"""What a maximum is padded with: no value, only lower than every value."""


def explicit_pads(
    attributes: Mapping[str, Any],
    sizes: Sequence[int],
    kernel: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
) -> tuple[list[int], list[int]]:
    """(before, after) per spatial axis, with auto_pad resolved as the ONNX operator defines it."""
    n = len(sizes)
    mode = str(attributes.get("auto_pad") or "NOTSET")
    if mode == "NOTSET":
        pads = [int(p) for p in (attributes.get("pads") or [0] * (2 * n))]
        if min(pads, default=0) < 0:
            raise Refused(f"negative pads {pads}", "slice the input before the operator instead")
        return pads[:n], pads[n:]
    if mode == "VALID":
        return [0] * n, [0] * n
    if mode not in ("SAME_UPPER", "SAME_LOWER"):
        raise Refused(f"auto_pad={mode!r} is not known", "use explicit pads")
    before, after = [], []
    for i in range(n):
        out = -(-sizes[i] // strides[i])
        total = max(0, (out - 1) * strides[i] + dilations[i] * (kernel[i] - 1) + 1 - sizes[i])
        small = total // 2
        before.append(small if mode == "SAME_UPPER" else total - small)
        after.append(total - before[-1])
    return before, after


def ceil_excess(size: int, kernel: int, stride: int, dilation: int, before: int, after: int) -> int:
    """How far the last window of a ceil_mode pool reaches beyond the padded input (0: none).

    The last window must start inside the input or its leading pad, otherwise it is dropped.
    """
    span = dilation * (kernel - 1) + 1
    out = -(-(size + before + after - span) // stride) + 1
    if (out - 1) * stride >= size + before:
        out -= 1
    return max(0, (out - 1) * stride + span - (size + before + after))
